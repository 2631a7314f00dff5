"""An account with members and pending invitations for scripts/test-openapi, in which callers of each kind work, and what their
calls need to succeed: tokens from emails, an offer of ownership, a grant, an identity, other sessions.

    openapi_account.py CALLER FOLDER      makes it, and writes FOLDER/caller.json for the hooks of openapi_hooks.py

Reads $OPENAPI_BINARY, $OPENAPI_ADDRESS and the configuration of the server. Standard library only.
"""
import base64
import http.client
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import uuid

PASSWORD = "correct horse battery"
CLIENT_SECRET = "desk-secret-0123456789-0123456789"
ROLES = {"administrator": ["USER_ADMIN"], "auditor": ["USER_AUDITOR"], "member": []}
PENDING = 8
AUTHORIZATION = {
    "response_type": "code", "client_id": "desk", "redirect_uri": "https://desk.example/callback", "scope": "openid",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}


class Server:
    """Requests of the people of the account; each signs in where they have no session."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc)
        self.sessions = {}

    def send(self, method, path, body=None, headers=None):
        """The response, and its body as JSON or, where it is none, as text."""
        headers = {"Content-Type": "application/json"} | (headers or {})
        # The server closes an idle connection.
        self.connection.close()
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        return response, json.loads(content) if content.startswith(b"{") else content.decode()

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

    def grant(self, person, account):
        """Signs the person in to the product, for this account."""
        query = urllib.parse.urlencode(AUTHORIZATION | {"account": account})
        self.send("GET", f"/oauth2/authorize?{query}", headers={"Cookie": f"convoke={self.sessions[person]}"})

    def mailed_token(self, address, kind, before=""):
        """The token of this kind in the newest email to the address; None where it is still the one before."""
        for _ in range(100):
            _, page = self.send("GET", f"/dev/mailbox?q={urllib.parse.quote(address)}")
            email = re.search("/dev/mailbox/[0-9a-f]{32}", page)
            token = email and re.search(f"{kind}_[A-Za-z0-9_-]{{43}}", self.send("GET", email[0])[1])
            if token and token[0] != before:
                return token[0]
            time.sleep(0.02)
        return None

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
    """Ada's account with members, pending invitations and the caller in their role. Grace has two accounts: the other one
    invites the caller, the lent one is offered to the caller, who is a member there."""

    def __init__(self, server, state):
        self.server, self.state = server, state
        self.caller, self.person = state["caller"], state["person"]

    def invite(self, owner, account, email):
        results = self.server.call(owner, "POST", f"/accounts/{account}/invitations", {
            "product": "platform", "roles": ["DEVELOPER"], "emails": [email]})["results"]
        return (results[0]["invitation"] or {}).get("id")

    def link(self, invitation):
        """The token of a link of Grace's invitation."""
        path = f"/accounts/{self.state['other']}/invitations/{invitation}/links"
        return self.server.call("grace", "POST", path)["url"].rpartition("/")[2]

    def join(self, owner, account, person):
        self.invite(owner, account, f"{person}@example.com")
        for offered in self.server.call(person, "GET", "/me/invitations")["items"]:
            if offered["account"]["id"] == account:
                self.server.call(person, "POST", f"/me/invitations/{offered['id']}/accept")

    def restore(self):
        """Brings back what the caller has ended: members, roles, pending invitations, tokens."""
        state, call = self.state, self.server.call
        state["round"] += 1
        account, path = state["account"], f"/accounts/{state['account']}"
        call("ada", "PATCH", path, {"name": "Acme", "settings": {"registered_users_only": False}})
        if self.person:
            self.restore_caller()
        members = {item["user"]["login"] for item in call("ada", "GET", f"{path}/members?limit=100")["items"]}
        for person in state["members"]:
            if f"{person}@example.com" not in members:
                self.join("ada", account, person)
        if self.caller in ROLES:
            call("ada", "PATCH", f"{path}/members/{state['ids'][self.person]}", {"roles": ROLES[self.caller]})
        pending = call("ada", "GET", f"{path}/invitations?status=pending&limit=100")["items"]
        for number in range(PENDING - len(pending)):
            self.invite("ada", account, f"invited{state['round']}-{number}@example.com")
        pending = call("ada", "GET", f"{path}/invitations?status=pending&limit=100")["items"]
        state["pending"] = [item["id"] for item in pending]
        call("ada", "POST", f"{path}/ownership-offer", offer_to(state["ids"]["bob"], "Acme"))
        state["links"] = [self.link(self.invite("grace", state["other"], f"linked{state['round']}@example.com"))]
        if self.person:
            self.invite_caller()
            self.lend()
            self.restore_access()
        self.send_tokens()

    def restore_caller(self):
        """Gives the caller their address back."""
        email = f"{self.person}@example.com"
        if self.server.call(self.person, "GET", "/me")["email"] != email:
            token = self.change_email(email)
            self.server.call(self.person, "POST", "/me/email/confirm", {"token": token})

    def change_email(self, email):
        """The token that confirms another address of the caller."""
        before = self.state["email_token"]
        self.server.call(self.person, "POST", "/me/email", {"email": email, "password": PASSWORD})
        return self.server.mailed_token(email, "cvc", before)

    def invite_caller(self):
        """Invites the caller to Grace's other account, of which they are no member then."""
        other, user = self.state["other"], self.state["ids"][self.person]
        self.server.call("grace", "DELETE", f"/accounts/{other}/members/{user}")
        self.invite("grace", other, f"{self.person}@example.com")
        offered = self.server.call(self.person, "GET", "/me/invitations")["items"]
        self.state["offered"] = [item["id"] for item in offered if item["account"]["id"] == other]
        self.state["links"] += [self.link(invitation) for invitation in self.state["offered"]]

    def lend(self):
        """Offers the lent account to the caller. One who has accepted an offer gives it back."""
        call, lent, ids = self.server.call, self.state["lent"], self.state["ids"]
        account = call("grace", "GET", f"/accounts/{lent}")
        if account["owner"]["id"] == ids[self.person]:
            call(self.person, "POST", f"/accounts/{lent}/ownership-offer", offer_to(ids["grace"], account["name"]))
            call("grace", "POST", f"/me/ownership-offers/{lent}/accept")
        if "code" in call("grace", "GET", f"/accounts/{lent}/members/{ids[self.person]}"):
            self.join("grace", lent, self.person)
        call("grace", "POST", f"/accounts/{lent}/ownership-offer", offer_to(ids[self.person], account["name"]))

    def restore_access(self):
        """Other sessions of the caller, a grant of theirs and a connected service."""
        state, call, person = self.state, self.server.call, self.person
        if len(call(person, "GET", "/me/sessions")["items"]) < 4:
            self.server.sign_in(person)
        sessions = call(person, "GET", "/me/sessions")["items"]
        state["sessions"] = [item["id"] for item in sessions if not item["current"]]
        self.server.grant(person, state["account"] if self.caller != "non-member" else state["lent"])
        state["grants"] = [item["id"] for item in call(person, "GET", "/me/grants")["items"]]
        if not call(person, "GET", "/me/identities")["items"]:
            connect_service(person)
        state["identities"] = [item["id"] for item in call(person, "GET", "/me/identities")["items"]]

    def send_tokens(self):
        """Tokens from emails: of a registration, of a reset of a password and of another address of the caller."""
        state, server = self.state, self.server
        email = f"new{state['round']}@example.com"
        server.send("POST", "/api/v1/registrations", json.dumps({"email": email, "password": PASSWORD, "first_name": "New"}))
        server.send("POST", "/api/v1/password-resets", json.dumps({"email": "rex@example.com"}))
        if self.person:
            state["email_token"] = self.change_email(f"{self.person}{state['round']}@example.com") or state["email_token"]
        state["registration_token"] = server.mailed_token(email, "cvc") or state["registration_token"]
        state["reset_token"] = server.mailed_token("rex@example.com", "cvr", state["reset_token"]) or state["reset_token"]


def offer_to(user, account_name):
    return {"user_id": user, "account_name": account_name, "password": PASSWORD}


def connect_service(person):
    """Connects a service, which no call does: a person has to go there."""
    database = sqlite3.connect(os.environ["CONVOKE_DATABASE__URL"].removeprefix("sqlite://"), timeout=30)
    database.execute(
        "insert into identities select ?, id, 'git', 'https://git.example', ?, 'Git', created_at from users where login = ?",
        (uuid.uuid4().bytes, uuid.uuid4().hex, f"{person}@example.com"))
    database.commit()
    database.close()


def placeholders(state):
    """Names of the real values that a request may have, which differ from server to server."""
    values = {name: state[name] for name in (
        "account", "other", "lent", "login", "email_token", "registration_token", "reset_token") if state[name]}
    values |= {f"user-{number}": user for number, user in enumerate(state["ids"].values())}
    for kind in ("pending", "offered", "links", "sessions", "grants", "identities"):
        values |= {f"{kind}-{number}": value for number, value in enumerate(state[kind][:PENDING])}
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


def main(caller, folder):
    server = Server(os.environ["OPENAPI_ADDRESS"])
    person = {"anonymous": None, "product": None, "owner": "ada"}.get(caller, caller)
    members = ["bob", "eve", "max"] + ([caller] if caller in ROLES else [])
    people = dict.fromkeys(["ada", "grace", "rex", *members, *([person] if person else [])])
    for one in people:
        create_user(one)
        people[one] = server.call(one, "GET", "/me")["id"]
    state = {"caller": caller, "person": person, "members": members, "ids": people, "round": 0,
             "login": f"{person or 'ada'}@example.com", "email_token": "", "registration_token": "", "reset_token": ""}
    state |= {kind: [] for kind in ("offered", "sessions", "grants", "identities")}
    for name, owner in {"account": "ada", "other": "grace", "lent": "grace"}.items():
        # The account that came with its owner cannot be offered.
        state[name] = server.call(owner, "POST", "/accounts", {"name": name.title()})["id"]
    Account(server, state).restore()
    if person:
        state["cookie"] = server.sign_in(person)
    elif caller == "product":
        state["access_token"] = server.access_token()
    with open(f"{folder}/caller.json", "w") as file:
        json.dump(state, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
