"""Fills a migrated Convoke database with rows for measurements, so that no password is hashed and no mail sent.

    python3 seeding.py sqlite:/path/to.db FOLDER < plan.json     writes owners.txt, pending.txt,
    python3 seeding.py postgres://user@host:port/db FOLDER < plan.json      accepts.txt, cancels.txt

The plan: {"tag", "invite_accounts", "members", "pending", "big_members", "target_accounts", "accepts", "cancels",
"background": {"accounts", "members"}, "races": [{"name", "repeats", "members", "pending", "invited"}], "outsiders",
"backlog": {"accounts", "emails"}, "analyze"}; whatever is missing means none, but the database is analyzed unless
"analyze" is false. Standard library only.
"""
import base64
import hashlib
import json
import secrets
import sys
import time

from bulk_load import load

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
WEEK = 7 * 86_400_000

# Of "correct-horse-battery-9", the password that the side-by-side harness signs in with.
PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$8ZqVewZY7xAcdtuYNrTIAg$ZmSyvJMX9CIXVj0u59EHQtGBadDXIZD2u3qj7leaSbs"

COLUMNS = {
    "users": ["id", "login", "login_canonical", "email", "email_canonical", "first_name", "last_name", "locale",
              "time_zone", "created_at", "password_hash"],
    "accounts": ["id", "name", "owner_id", "is_default", "registered_users_only", "created_at"],
    "members": ["account_id", "user_id", "roles", "name_key", "joined_at", "last_active_at", "version"],
    "invitations": ["id", "account_id", "email", "email_canonical", "product", "roles", "locale", "status",
                    "invited_by", "sponsor_id", "created_at", "sent_at", "expires_at", "delivery"],
    "sessions": ["id", "token_hash", "user_id", "created_at", "last_used_at"],
    "outbox": ["id", "kind", "priority", "account_id", "lane", "subject_id", "detail", "attempts", "available_at",
               "leased_until", "created_at", "ready", "turn"],
}


class Id(bytes):
    """The 16 bytes of a UUID."""

    def text(self, prefix):
        """As a TypeID."""
        value, letters = int.from_bytes(self, "big"), []
        for _ in range(26):
            letters.append(ALPHABET[value & 31])
            value >>= 5
        return f"{prefix}_{''.join(reversed(letters))}"

    @classmethod
    def parse(cls, text):
        value = 0
        for letter in text.split("_", 1)[1]:
            value = value << 5 | ALPHABET.index(letter)
        return cls(value.to_bytes(16, "big"))


def literal(text, kind):
    """A TypeID as it is written in a statement."""
    digits = Id.parse(text).hex()
    return f"x'{digits}'" if kind == "sqlite" else f"'{digits}'"


def slim(account):
    """What clients need to know of an account."""
    return {"id": account["id"], "owner": account["owner"]}


class Seed:
    """Rows in the shape the program itself writes them."""

    def __init__(self, tag):
        self.tag, self.count, self.last = tag, 0, 0
        self.now = int(time.time() * 1000)
        self.rows = {table: [] for table in COLUMNS}

    def id(self):
        """A UUIDv7; ascending."""
        self.last += 1
        value = (self.now - 3_600_000 + self.last // 4096) << 80 | 7 << 76 | (self.last % 4096) << 64
        return Id((value | 2 << 62 | secrets.randbits(62)).to_bytes(16, "big"))

    def user(self, session=False):
        user, number = self.id(), self.count
        self.count += 1
        email = f"{self.tag}{number}@example.test"
        self.rows["users"].append((user, email, email, email, email, "User", str(number), "en", "UTC", self.now,
                                   PASSWORD_HASH))
        found = {"user": user, "email": email, "name": f"user {number}"}
        if session:
            token = "cvs_" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            digest = hashlib.sha256(token.encode()).digest()
            self.rows["sessions"].append((self.id(), digest, user, self.now, self.now))
            found["session"] = f"convoke={token}"
        return found

    def account(self, members, pool=None):
        owner, account = self.user(True), self.id()
        name = f"Account {len(self.rows['accounts'])}"
        self.rows["accounts"].append((account, name, owner["user"], False, False, self.now))
        people = [owner]
        for number in range(1, members):
            people.append(pool[(self.last * 7919 + number) % len(pool)] if pool else self.user())
        for one in people:
            self.rows["members"].append((account, one["user"], "", one["name"], self.now, self.now, 1))
        return {"id": account.text("acc"), "owner": owner["session"], "key": account, "by": owner["user"],
                "people": people}

    def invite(self, account, email, delivery="sent"):
        invitation = self.id()
        self.rows["invitations"].append((
            invitation, account["key"], email, email, "platform", "DEVELOPER", "en", "pending", account["by"],
            account["by"], self.now, self.now if delivery == "sent" else None, self.now + WEEK, delivery))
        return invitation

    def backlog(self, accounts, emails):
        """Invitations whose emails wait in the outbox, as many in each account."""
        accounts = [self.account(2) for _ in range(accounts)]
        for number in range(emails):
            account = accounts[number % len(accounts)]
            invitation = self.invite(account, f"{self.tag}-waiting-{number}@example.test", "queued")
            self.rows["outbox"].append((self.id(), "invitation", 1, account["key"], account["key"], invitation, "null",
                                        0, self.now, 0, self.now, True, number // len(accounts)))

    def accepts(self, targets, count):
        """Invitations to these accounts in turn, each with the session of its invitee."""
        accepts = []
        for number in range(count):
            one, account = self.user(True), targets[number % len(targets)]
            accepts.append({"id": self.invite(account, one["email"]).text("inv"), "account": account["id"],
                          "session": one["session"]})
        return accepts

    def cancels(self, targets, count):
        """Invitations to these accounts in turn, each with the session of the account's owner."""
        cancels = []
        for number in range(count):
            account = targets[number % len(targets)]
            invitation = self.invite(account, f"{self.tag}-cancel-{number}@example.test")
            cancels.append({"id": invitation.text("inv"), "account": account["id"], "owner": account["owner"]})
        return cancels

    def world(self, plan):
        def some(count):
            return [self.account(plan["members"]) for _ in range(count)]

        world = {"races": []}
        if plan.get("background"):
            want = plan["background"]
            pool = [self.user() for _ in range(max(1000, want["accounts"] * want["members"] // 10))]
            for _ in range(want["accounts"]):
                self.account(want["members"], pool)
        world["invite_accounts"] = [slim(account) for account in some(plan.get("invite_accounts", 0))]
        if plan.get("big_members"):
            account = self.account(plan["big_members"])
            ids = [one["user"].text("usr") for one in account["people"][1:]]
            world["big"] = {**slim(account), "members": [{"member": one, "user": one} for one in ids]}
        if plan.get("pending"):
            account = self.account(plan["members"])
            for number in range(plan["pending"]):
                self.invite(account, f"{self.tag}-pending-{number}@example.test")
            world["pending"] = slim(account)
        targets = some(plan.get("target_accounts", 0))
        world["accepts"] = self.accepts(targets, plan.get("accepts", 0))
        targets = some(plan.get("target_accounts", 0)) if plan.get("cancels") else []
        world["cancels"] = self.cancels(targets, plan.get("cancels", 0))
        if plan.get("backlog"):
            self.backlog(**plan["backlog"])
        for race in plan.get("races", []):
            for repeat in range(race["repeats"]):
                world["races"].append(self.race(race, repeat))
        outsiders = [self.user(True) for _ in range(plan.get("outsiders", 0))]
        world["outsiders"] = [{**one, "user": one["user"].text("usr")} for one in outsiders]
        return world

    def race(self, race, repeat):
        account = self.account(race["members"])
        for number in range(race.get("pending", 0)):
            self.invite(account, f"{self.tag}-race-{race['name']}-{repeat}-{number}@example.test")
        invited = []
        for _ in range(race.get("invited", 0)):
            one = self.user(True)
            invited.append({"id": self.invite(account, one["email"]).text("inv"), "session": one["session"],
                            "account": account["id"], "user": one["user"].text("usr"), "email": one["email"]})
        return {"name": race["name"], "id": account["id"], "owner": account["owner"], "members": race["members"],
                "pending": race.get("pending", 0), "invited": invited}

    def write(self, url, analyze=True):
        load(url, [(table, columns, self.rows[table]) for table, columns in COLUMNS.items()], analyze)


def fill(url, plan):
    """Fills a database and says who and what is in it."""
    seed = Seed(plan.get("tag", "s"))
    world = seed.world(plan)
    seed.write(url, plan.get("analyze", True))
    return world


def write_lines(folder, name, lines):
    with open(f"{folder}/{name}.txt", "w") as out:
        out.writelines(f"{line}\n" for line in lines)


def write_world(folder, world):
    """Writes the files that wrk's scripts read."""
    write_lines(folder, "owners", (f"{one['owner']} {one['id']}" for one in world["invite_accounts"]))
    if world.get("pending"):
        write_lines(folder, "pending", [f"{world['pending']['owner']} {world['pending']['id']}"])
    write_lines(folder, "accepts", (f"{one['session']} {one['id']}" for one in world["accepts"]))
    cancels = (f"{one['owner']} {one['account']}/invitations/{one['id']}" for one in world["cancels"])
    write_lines(folder, "cancels", cancels)


def main():
    url, folder = sys.argv[1:]
    write_world(folder, fill(url, json.load(sys.stdin)))


if __name__ == "__main__":
    main()
