"""Fills a migrated Convoke database with accounts that have a history, and writes the files that wrk's scripts read.

    python3 growth_seeding.py sqlite:/path/to.db FOLDER < plan.json
    python3 growth_seeding.py postgres://user@host:port/db FOLDER < plan.json

The plan: {"accounts", "members", "invitations", "entries", "once", "big_members", "analyze"}. Each account has so many
members, ended invitations with the tokens of their links, and activity entries. With 1,000 accounts or more, users are
members of ten accounts each. Requests are made in 251 of the accounts, which are evenly spread among the others; "once"
is the number of acceptances, of revocations and of changes of roles. With "big_members", an account of so many members
and one of "members" are added; their owners are in FOLDER/big and FOLDER/usual. Standard library only.
"""
import hashlib
import json
import os
import struct
import sys

from bulk_load import load
from seeding import COLUMNS, WEEK, Id, Seed, slim, write_lines, write_world

INVITING, TARGETS, PENDING = 200, 50, 100
SHARED_FROM = 1000
DAY = 86_400_000
# The history ends a day before the rows of seeding.py begin.
HISTORY = 180 * DAY
HOUR = 3_600_000
ENDS = ("accepted", "revoked", "expired")
AFTER_INVITATION = '{"product":"platform","roles":["DEVELOPER"]}'
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

INVITATIONS = COLUMNS["invitations"] + ["ended_at", "accepted_by"]
TOKENS = ["token_hash", "invitation_id", "proves_mailbox", "created_at", "email_canonical"]
ACTIVITY = ["id", "at", "account_id", "user_id", "actor_kind", "actor_id", "actor_name", "action", "target_kind",
            "target_id", "target_name", "before", "after", "ip", "user_agent"]


def history_id(at, number):
    """A UUIDv7 that depends on the time and a number alone."""
    scattered = number * 0x9E3779B97F4A7C15 & 0x3FFF_FFFF_FFFF_FFFF
    return Id(struct.pack(">QQ", at << 16 | 0x7000 | number & 0xFFF, 1 << 63 | scattered))


class History:
    """Rows in the order of time, as the accounts would have added them side by side."""

    def __init__(self, seed, accounts, invitations, entries):
        self.accounts, self.invitations, self.entries = accounts, invitations, entries
        self.begin = seed.now - HISTORY - DAY

    def invitation(self, turn, index):
        """Number, time, id and end of an account's invitation, and the user whom it is about."""
        number = turn * len(self.accounts) + index
        at = self.begin + HISTORY * number // (len(self.accounts) * self.invitations)
        end = ENDS[(turn + index) % len(ENDS)]
        people = self.accounts[index]["people"]
        person = people[1 + turn % (len(people) - 1)]
        email = person["email"] if end == "accepted" else f"history{number}@example.test"
        return at, history_id(at, number), end, person["user"], email

    def invitation_rows(self):
        for turn in range(self.invitations):
            for index, account in enumerate(self.accounts):
                at, key, end, user, email = self.invitation(turn, index)
                ended_at = at + WEEK if end == "expired" else at + HOUR
                accepted_by = user if end == "accepted" else None
                yield (key, account["key"], email, email, "platform", "DEVELOPER", "en", end, account["by"],
                       account["by"], at, at + 1000, at + WEEK, "sent", ended_at, accepted_by)

    def token_rows(self):
        for turn in range(self.invitations):
            for index in range(len(self.accounts)):
                at, key, _, _, email = self.invitation(turn, index)
                yield hashlib.sha256(key).digest(), key, True, at + 1000, email

    def activity_rows(self):
        total = len(self.accounts) * self.entries
        for turn in range(self.entries):
            # Five entries about an invitation and its invitee.
            about, step = turn * self.invitations // self.entries, turn % 5
            for index, account in enumerate(self.accounts):
                number = turn * len(self.accounts) + index
                at = self.begin + HISTORY * number // total
                _, invitation, end, user, email = self.invitation(about, index)
                before, after = '{"roles":["DEVELOPER"]}', '{"roles":["DEVELOPER","USER_ADMIN"]}'
                action, kind, target, name = "member.roles_changed", "user", user, "User"
                if step == 0:
                    action, before, after = "invitation.created", None, AFTER_INVITATION
                elif step == 1 and end != "expired":
                    action, before, after = f"invitation.{end}", None, AFTER_INVITATION
                if action != "member.roles_changed":
                    kind, target, name = "invitation", invitation, email
                yield (history_id(at, number), at, account["key"], None, "user", account["by"], "User", action, kind,
                       target, name, before, after, "203.0.113.7", USER_AGENT)

    def tables(self):
        return [("invitations", INVITATIONS, self.invitation_rows()),
                ("invitation_tokens", TOKENS, self.token_rows()),
                ("activity", ACTIVITY, self.activity_rows())]


def main():
    url, folder = sys.argv[1:]
    plan = json.load(sys.stdin)
    seed, members = Seed("s"), plan["members"]
    count = max(plan["accounts"], INVITING + TARGETS + 1)
    pool = [seed.user() for _ in range(count * members // 10)] if count >= SHARED_FROM else None
    accounts = [seed.account(members, pool) for _ in range(count)]
    spread = [accounts[index * count // (INVITING + TARGETS + 1)] for index in range(INVITING + TARGETS + 1)]
    inviting, targets, pending = spread[:INVITING], spread[INVITING:-1], spread[-1]
    for number in range(PENDING):
        seed.invite(pending, f"pending-{number}@example.test")
    world = {"invite_accounts": [slim(one) for one in inviting], "pending": slim(pending),
             "accepts": seed.accepts(targets, plan["once"]), "cancels": seed.cancels(targets, plan["once"])}
    write_world(folder, world)
    changes = [f"{one['owner']} {one['id']}/members/{person['user'].text('usr')}"
               for place in range(1, members) for one in inviting for person in [one["people"][place]]]
    if len(changes) < plan["once"]:
        sys.exit(f"There are only {len(changes)} members whose roles can be changed.")
    write_lines(folder, "roles", changes[:plan["once"]])
    if plan.get("big_members"):
        for name, size in ("big", plan["big_members"]), ("usual", members):
            account = seed.account(size)
            accounts.append(account)
            os.makedirs(f"{folder}/{name}", exist_ok=True)
            write_lines(f"{folder}/{name}", "owners", [f"{account['owner']} {account['id']}"])
            write_lines(f"{folder}/{name}", "key", [account["key"].hex()])
    history = History(seed, accounts, plan["invitations"], plan["entries"])
    tables = history.tables() + [(table, columns, seed.rows[table]) for table, columns in COLUMNS.items()]
    load(url, tables, plan.get("analyze", True), large=True)


if __name__ == "__main__":
    main()
