"""Convoke with one product per client, and the people who use them, made by the API."""
import dataclasses
import http.cookiejar
import json
import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from clients.processes import Failure, free_port, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Account:
    id: str
    name: str


@dataclasses.dataclass
class Person:
    id: str
    name: str
    email: str
    accounts: list
    roles: dict


class Api:
    """Requests of one person, with the session in a cookie."""

    def __init__(self, url):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with self.opener.open(request, timeout=30) as response:
                return json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Failure(f"{method} {path} of Convoke answered {error.code}: {error.read().decode()[:500]}") from None


class Convoke:
    PASSWORD = "blue whale and seven stones"

    def __init__(self, folder, processes):
        self.folder, self.processes = folder, processes
        # Another host than that of the clients: cookies do not mix, and the two are different sites as on the internet.
        self.url = f"http://127.0.0.1:{free_port()}"

    def start(self, clients):
        candidates = [os.environ.get("CONVOKE"), ROOT / "target/dist/convoke", ROOT / "target/release/convoke"]
        binary = next((pathlib.Path(path).resolve() for path in candidates if path and os.path.exists(path)), None)
        if not binary:
            raise Failure("there is no binary: run cargo build --release, or set CONVOKE")
        (self.folder / "catalogue.toml").write_text("\n".join(client.catalogue_entry() for client in clients))
        (self.folder / "convoke.toml").write_text(f"""
listen = "{self.url.removeprefix("http://")}"
public_url = "{self.url}"
catalogue = "{self.folder}/catalogue.toml"
[database]
url = "sqlite://{self.folder}/convoke.db"
[rate_limits]
enabled = false
""")
        self.binary = binary
        command = [binary, "serve", "--config", self.folder / "convoke.toml"]
        process = self.processes.start("convoke", command, {"RUST_LOG": "warn"})
        self.processes.wait_until_answers(process, f"{self.url}/readyz")
        self.owner, _ = self.sign_up("Olga", "Owner", "olga@example.com")
        self.accounts = []
        for name in ("Northwind Traders", "Contoso Foods"):
            self.accounts.append(Account(self.owner.request("POST", "/accounts", {"name": name})["id"], name))

    def sign_up(self, first_name, last_name, email):
        """A new user by registration and mailed link: the signed-in Api, and the id."""
        api = Api(self.url)
        body = {"email": email, "first_name": first_name, "last_name": last_name, "password": self.PASSWORD, "locale": "en"}
        api.request("POST", "/registrations", body)
        token = wait_for(lambda: f"there is no email to {email}", lambda: self.find_token(email))
        user = api.request("POST", "/registrations/confirm", {"token": token, "password": self.PASSWORD})["user"]
        return api, user["id"]

    def find_token(self, email):
        listing = self.read(f"/dev/mailbox?q={urllib.parse.quote(email)}")
        mail = re.search(r'href="(/dev/mailbox/[0-9a-f]+)"', listing)
        found = mail and re.search(r"/confirm/(cvc_[\w-]+)", self.read(f"{mail[1]}/html"))
        return found and found[1]

    def read(self, path):
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as response:
            return response.read().decode()

    def create_person(self, client):
        """A user in both accounts: with the client's first role in one, and with both of its roles in the other."""
        email = f"pat.{client.KEY}@example.com"
        api, id = self.sign_up("Pat", client.KEY.title(), email)
        editor, viewer = client.role_keys()
        roles = dict(zip(self.accounts, ([editor], [editor, viewer])))
        for account, keys in roles.items():
            body = {"product": client.product_key(), "roles": keys, "emails": [email], "locale": "en"}
            self.owner.request("POST", f"/accounts/{account.id}/invitations", body)
        for invitation in api.request("GET", "/me/invitations")["items"]:
            api.request("POST", f"/me/invitations/{invitation['id']}/accept")
        return Person(id, f"Pat {client.KEY.title()}", email, self.accounts, roles)

    def change_roles(self, account, person, roles):
        self.owner.request("PATCH", f"/accounts/{account.id}/members/{person.id}", {"roles": roles})

    def remove(self, account, person):
        self.owner.request("DELETE", f"/accounts/{account.id}/members/{person.id}")

    def wait_until_delivered(self, product):
        """Every logout token of the product was taken at the first attempt."""
        def list_deliveries():
            command = [self.binary, "grants", "deliveries", "--json", "--config", self.folder / "convoke.toml"]
            output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=self.folder).stdout
            return [item for item in json.loads(output)["items"] if item["product"] == product]

        def are_delivered():
            found = list_deliveries()
            return found and all(item["state"] == "delivered" and item["attempts"] == 1 for item in found)
        wait_for(lambda: f"logout tokens were not taken at once: {list_deliveries()}", are_delivered, 3)
