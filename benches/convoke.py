"""Convoke for the side-by-side harness (give this folder with --adapters). BENCH_BINARY names another binary."""
import os
import sys
from urllib.parse import quote

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from harness_lib.adapter import Adapter  # noqa: E402
import seeding  # noqa: E402


class Target(Adapter):
    name = "convoke"
    health = "/readyz"
    # Seats are taken at the invitation, so more open invitations than seats, which the race of acceptances begins
    # with, cannot come about here; an acceptance is never refused for seats.
    enforces = ("invitations",)

    @property
    def binary(self):
        return os.environ.get("BENCH_BINARY") or os.path.join(HERE, "..", "target", "dist", "convoke")

    def install_paths(self):
        return [self.binary]

    @staticmethod
    def database(url):
        return url.replace("sqlite:", "sqlite://", 1) if url.startswith("sqlite:") else f"{url}?sslmode=disable"

    def migrate(self, url):
        self.call([self.binary, "migrate"], "/", {"CONVOKE_DATABASE__URL": self.database(url)})

    def seed(self, url, plan):
        return seeding.fill(url, plan)

    def command(self, url, port, limits):
        # Members and invitations share one limit here: seats. The harness asks how many open invitations an account of
        # five members may have.
        seats = limits["invitations"] + 5 if "invitations" in limits else limits.get("members", 1000000)
        env = {"CONVOKE_DATABASE__URL": self.database(url), "CONVOKE_LISTEN": f"127.0.0.1:{port}",
               "CONVOKE_RATE_LIMITS__ENABLED": "false", "CONVOKE_LIMITS__ACCOUNTS_PER_USER": "1000000",
               "CONVOKE_LIMITS__USERS_PER_ACCOUNT": str(seats), "RUST_LOG": "warn"}
        return [self.binary, "serve"], "/", {**env, **self.env}

    def session(self, session):
        return self.req("GET", "/api/v1/me", session)

    def invite(self, account, email):
        return self.req("POST", f"/api/v1/accounts/{account['id']}/invitations", account["owner"],
                        {"product": "platform", "roles": ["DEVELOPER"], "emails": [email]})

    def invite_many(self, account, emails):
        return self.req("POST", f"/api/v1/accounts/{account['id']}/invitations", account["owner"],
                        {"product": "platform", "roles": ["DEVELOPER"], "emails": emails})

    def list_invitations(self, account):
        return self.req("GET", f"/api/v1/accounts/{account['id']}/invitations?status=pending&limit=100", account["owner"])

    def list_members(self, account, count):
        """A page of 100: an account of 250 is three of these."""
        return self.req("GET", f"/api/v1/accounts/{account['id']}/members?limit=100", account["owner"])

    def member_page(self, account, cursor):
        return self.req("GET", f"/api/v1/accounts/{account['id']}/members?limit=100&cursor={quote(cursor, safe='')}",
                        account["owner"])

    def get_invitation(self, inv):
        """One's own invitations come as a list, which is of one here."""
        return self.req("GET", "/api/v1/me/invitations", inv["session"])

    def accept(self, inv, session=None):
        return self.req("POST", f"/api/v1/me/invitations/{inv['id']}/accept", session or inv["session"])

    def cancel(self, inv):
        return self.req("POST", f"/api/v1/accounts/{inv['account']}/invitations/{inv['id']}/revoke", inv["owner"])

    def role(self, account, member, admin):
        return self.req("PATCH", f"/api/v1/accounts/{account['id']}/members/{member['user']}", account["owner"],
                        {"roles": ["USER_ADMIN"] if admin else ["DEVELOPER"]})

    def create_account(self, session, name):
        """The harness's names carry seven digits and more, which is a telephone number by the rules of names."""
        name = name.translate(str.maketrans("0123456789", "abcdefghij"))
        return self.req("POST", "/api/v1/accounts", session, {"name": name})

    def sign_up(self, email, password):
        return self.req("POST", "/api/v1/registrations", None,
                        {"email": email, "password": password, "first_name": "N"})

    def sign_in(self, email, password):
        """A sign-up of the harness waits for its mail, so that seeded people sign in, whose password is the same."""
        email = f"p{sum(email.encode()) % 100}@example.test"
        return self.req("POST", "/api/v1/sessions", None, {"login": email, "password": password})

    def invitation_id(self, body):
        import json
        return json.loads(body)["results"][0]["invitation"]["id"]

    def sql_members(self, account):
        return f"select count(*) from members where account_id = {seeding.literal(account, self.kind)}"

    def sql_pending(self, account):
        return (f"select count(*) from invitations where account_id = {seeding.literal(account, self.kind)} "
                "and status = 'pending'")

    def sql_member_rows(self, account, user):
        return f"{self.sql_members(account)} and user_id = {seeding.literal(user, self.kind)}"

    def sql_invited_emails(self):
        return "select email from invitations"

    def sql_half_accepted(self):
        return ("select count(*) from invitations i where i.status = 'accepted' and not exists (select 1 from members m "
                "where m.account_id = i.account_id and m.user_id = i.accepted_by)")

    def sql_unsent(self):
        return "select count(*) from outbox"
