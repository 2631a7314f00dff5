"""An account with members and pending invitations for scripts/test-openapi, in which callers of each kind work.

    openapi_account.py CALLER FOLDER      makes it, and writes FOLDER/caller.json for the hooks of openapi_hooks.py

Reads $OPENAPI_BINARY, $OPENAPI_ADDRESS and the configuration of the server. Standard library only.
"""
import base64
import http.client
import json
import os
import subprocess
import sys
import urllib.parse

PASSWORD = "correct horse battery"
CLIENT_SECRET = "desk-secret-0123456789-0123456789"
ROLES = {"administrator": ["USER_ADMIN"], "auditor": ["USER_AUDITOR"], "member": []}
PENDING = 8


class Server:
    """Requests of the people of the account; each signs in where they have no session."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc)
        self.sessions = {}

    def send(self, method, path, body=None, headers=None):
        headers = {"Content-Type": "application/json"} | (headers or {})
        # The server closes an idle connection.
        self.connection.close()
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        return response, json.loads(content) if content.startswith(b"{") else None

    def sign_in(self, person):
        body = json.dumps({"login": f"{person}@example.com", "password": PASSWORD})
        response, _ = self.send("POST", "/api/v1/sessions", body)
        self.sessions[person] = response.getheader("Set-Cookie").split(";")[0].partition("=")[2]
        return self.sessions[person]

    def call(self, person, method, path, body=None):
        """The response's body; with a new session where the last one has ended."""
        for session in (self.sessions.get(person), None):
            session = session or self.sign_in(person)
            headers = {"Cookie": f"convoke={session}"}
            response, content = self.send(method, f"/api/v1{path}", body and json.dumps(body), headers)
            if response.status != 401:
                return content
        raise RuntimeError(f"{method} {path}: {content}")

    def status(self, session):
        """Of a request with this session."""
        return self.send("GET", "/api/v1/me", headers={"Cookie": f"convoke={session}"})[0].status

    def access_token(self):
        """An access token that the product has for itself."""
        basic = base64.b64encode(f"desk:{CLIENT_SECRET}".encode()).decode()
        _, content = self.send("POST", "/oauth2/token", "grant_type=client_credentials&scope=product.read", {
            "Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"})
        return content["access_token"]


class Account:
    """Ada's account with members, pending invitations and the caller in their role; Grace's account invites the caller."""

    def __init__(self, server, state):
        self.server, self.state = server, state
        self.caller, self.person = state["caller"], state["person"]

    def invite(self, owner, account, email):
        results = self.server.call(owner, "POST", f"/accounts/{account}/invitations", {
            "product": "platform", "roles": ["DEVELOPER"], "emails": [email]})["results"]
        return (results[0]["invitation"] or {}).get("id")

    def join(self, person):
        account = self.state["account"]
        self.invite("ada", account, f"{person}@example.com")
        for offered in self.server.call(person, "GET", "/me/invitations")["items"]:
            if offered["account"]["id"] == account:
                self.server.call(person, "POST", f"/me/invitations/{offered['id']}/accept")

    def restore(self):
        """Brings back what the caller has ended: members, roles and pending invitations."""
        state, call = self.state, self.server.call
        account, path = state["account"], f"/accounts/{state['account']}"
        call("ada", "PATCH", path, {"name": "Acme", "settings": {"registered_users_only": False}})
        members = {item["user"]["login"] for item in call("ada", "GET", f"{path}/members?limit=100")["items"]}
        for person in state["members"]:
            if f"{person}@example.com" not in members:
                self.join(person)
        if self.caller in ROLES:
            call("ada", "PATCH", f"{path}/members/{state['ids'][self.person]}", {"roles": ROLES[self.caller]})
        pending = call("ada", "GET", f"{path}/invitations?status=pending&limit=100")["items"]
        for _ in range(PENDING - len(pending)):
            state["invited"] += 1
            self.invite("ada", account, f"invited{state['invited']}@example.com")
        pending = call("ada", "GET", f"{path}/invitations?status=pending&limit=100")["items"]
        state["pending"] = [item["id"] for item in pending]
        if self.person:
            self.offer()
        state["invited"] += 1
        link = self.invite("grace", state["other"], f"linked{state['invited']}@example.com")
        url = call("grace", "POST", f"/accounts/{state['other']}/invitations/{link}/links")["url"]
        state["token"] = url.rpartition("/")[2]

    def offer(self):
        """Invites the caller to Grace's account, of which they are no member then."""
        other, user = self.state["other"], self.state["ids"][self.person]
        self.server.call("grace", "DELETE", f"/accounts/{other}/members/{user}")
        self.invite("grace", other, f"{self.person}@example.com")
        offered = self.server.call(self.person, "GET", "/me/invitations")["items"]
        self.state["offered"] = [item["id"] for item in offered]


def placeholders(state):
    """Names of the real values that a request may have, which differ from server to server."""
    values = {"account": state["account"], "other": state["other"], "token": state["token"]}
    values |= {f"user-{number}": user for number, user in enumerate(state["ids"].values())}
    for kind in ("pending", "offered"):
        values |= {f"{kind}-{number}": invitation for number, invitation in enumerate(state[kind][:PENDING])}
    return values


def to_placeholders(text, state):
    for name, value in placeholders(state).items():
        text = text.replace(value, f"<<{name}>>")
    return text


def from_placeholders(text, state):
    if "<<" in text:
        for name, value in placeholders(state).items():
            text = text.replace(f"<<{name}>>", value)
    return text


def create_user(person):
    command = [os.environ["OPENAPI_BINARY"], "user", "create", "--email", f"{person}@example.com",
               "--first-name", person.title(), "--password-stdin", "--json"]
    subprocess.run(command, input=PASSWORD, text=True, check=True, stdout=subprocess.PIPE)


def default_account(server, person):
    return server.call(person, "GET", "/accounts")["items"][0]["id"]


def main(caller, folder):
    server = Server(os.environ["OPENAPI_ADDRESS"])
    person = {"anonymous": None, "product": None, "owner": "ada"}.get(caller, caller)
    members = ["bob", "eve", "max"] + ([caller] if caller in ROLES else [])
    people = dict.fromkeys(["ada", "grace", *members, *([person] if person else [])])
    for one in people:
        create_user(one)
        people[one] = server.call(one, "GET", "/me")["id"]
    state = {"caller": caller, "person": person, "members": members, "ids": people, "invited": 0, "offered": [],
             "account": default_account(server, "ada"), "other": default_account(server, "grace")}
    Account(server, state).restore()
    if person:
        state["cookie"] = server.sign_in(person)
    elif caller == "product":
        state["access_token"] = server.access_token()
    with open(f"{folder}/caller.json", "w") as file:
        json.dump(state, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
