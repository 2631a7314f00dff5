"""Fills a migrated Convoke database with rows for measurements, so that no password is hashed and no mail sent.

    python3 seeding.py sqlite:/path/to.db FOLDER < plan.json     writes owners.txt, pending.txt, accepts.txt
    python3 seeding.py postgres://user@host:port/db FOLDER < plan.json

The plan: {"tag", "invite_accounts", "members", "pending", "big_members", "target_accounts", "accepts", "cancels",
"background": {"accounts", "members"}, "races": [{"name", "repeats", "members", "pending", "invited"}], "outsiders"};
whatever is missing means none. Standard library only.
"""
import base64
import glob
import hashlib
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time

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
                "members": [{"member": one["user"].text("usr"), "user": one["user"].text("usr")} for one in people]}

    def invite(self, account, email):
        invitation = self.id()
        self.rows["invitations"].append((
            invitation, account["key"], email, email, "platform", "DEVELOPER", "en", "pending", account["by"],
            account["by"], self.now, self.now, self.now + WEEK, "sent"))
        return invitation.text("inv")

    def world(self, plan):
        def slim(account):
            return {"id": account["id"], "owner": account["owner"]}

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
            world["big"] = {**slim(account), "members": account["members"][1:]}
        if plan.get("pending"):
            account = self.account(plan["members"])
            for number in range(plan["pending"]):
                self.invite(account, f"{self.tag}-pending-{number}@example.test")
            world["pending"] = slim(account)
        targets = some(plan.get("target_accounts", 0))
        world["accepts"] = []
        for number in range(plan.get("accepts", 0)):
            one, account = self.user(True), targets[number % len(targets)]
            world["accepts"].append({"id": self.invite(account, one["email"]), "account": account["id"],
                                     "session": one["session"]})
        targets = some(plan.get("target_accounts", 0)) if plan.get("cancels") else []
        world["cancels"] = []
        for number in range(plan.get("cancels", 0)):
            account = targets[number % len(targets)]
            world["cancels"].append({"id": self.invite(account, f"{self.tag}-cancel-{number}@example.test"),
                                     **{"account": account["id"], "owner": account["owner"]}})
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
            invited.append({"id": self.invite(account, one["email"]), "session": one["session"],
                            "account": account["id"], "user": one["user"].text("usr"), "email": one["email"]})
        return {"name": race["name"], "id": account["id"], "owner": account["owner"], "members": race["members"],
                "pending": race.get("pending", 0), "invited": invited}

    def write(self, url):
        if url.startswith("sqlite:"):
            self.write_sqlite(url.removeprefix("sqlite:"))
        else:
            self.write_postgres(url)

    def write_sqlite(self, path):
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("begin")
        for table, columns in COLUMNS.items():
            marks = ", ".join("?" * len(columns))
            database.executemany(f"insert into {table} ({', '.join(columns)}) values ({marks})", self.rows[table])
        database.execute("commit")
        database.execute("analyze")
        database.execute("pragma wal_checkpoint(truncate)")
        database.close()

    def write_postgres(self, url):
        uuids = ("id", "_id", "invited_by")

        def cell(column, value):
            if value is None:
                return "\\N"
            if isinstance(value, bytes):
                return value.hex() if column.endswith(uuids) else "\\\\x" + value.hex()
            if isinstance(value, bool):
                return "t" if value else "f"
            return str(value)

        lines = ["begin;"]
        for table, columns in COLUMNS.items():
            lines.append(f"copy {table} ({', '.join(columns)}) from stdin;")
            lines += ["\t".join(map(cell, columns, row)) for row in self.rows[table]]
            lines.append("\\.")
        lines.append("commit;\nvacuum analyze;\n")
        folder = os.environ.get("PGBIN") or sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        subprocess.run([f"{folder}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", url, "-f", "-"], check=True,
                       input="\n".join(lines), text=True, stdout=subprocess.DEVNULL)


def fill(url, plan):
    """Fills a database and says who and what is in it."""
    seed = Seed(plan.get("tag", "s"))
    world = seed.world(plan)
    seed.write(url)
    return world


def main():
    url, folder = sys.argv[1:]
    world = fill(url, json.load(sys.stdin))
    with open(f"{folder}/owners.txt", "w") as out:
        out.writelines(f"{one['owner']} {one['id']}\n" for one in world["invite_accounts"])
    with open(f"{folder}/pending.txt", "w") as out:
        out.write(f"{world['pending']['owner']} {world['pending']['id']}\n")
    with open(f"{folder}/accepts.txt", "w") as out:
        out.writelines(f"{one['session']} {one['id']}\n" for one in world["accepts"])


if __name__ == "__main__":
    main()
