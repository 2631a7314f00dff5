"""Concurrent load: threads that create accounts, invite, accept, change roles and revoke, and record every request."""
import dataclasses
import random
import string
import threading
import time

import seeding

from fault_tests.api import Connection, Disconnected
from fault_tests.processes import Failure, wait_for

THREADS = 8
INVITEES = 4
ROLES = ["DEVELOPER", "LINGUIST", "CONTENT_MANAGER"]


class Abandoned(Exception):
    """The rest of a sequence depends on a request that did not succeed."""


class Stopped(Exception):
    pass


@dataclasses.dataclass
class Write:
    """One request that changes something. `status` is None without a response; times are those of time.monotonic()."""
    kind: str
    method: str
    path: str
    body: object
    cookie: str
    key: str = None
    facts: dict = dataclasses.field(default_factory=dict)
    begun: float = 0.0
    ended: float = 0.0
    status: int = None

    def is_acknowledged(self):
        return self.status is not None and 200 <= self.status < 300

    def send(self, connection):
        """Sends it and returns the response; the facts get the ids that the response names."""
        self.begun = time.monotonic()
        try:
            response = connection.call(self.method, self.path, self.body, self.cookie, self.key)
        finally:
            self.ended = time.monotonic()
        self.status = response.status
        return response


def letters(number):
    """A number as letters: names must not contain what looks like a telephone number."""
    text = ""
    while True:
        number, digit = divmod(number, 26)
        text = string.ascii_lowercase[digit] + text
        if not number:
            return text


def digits(id):
    """The hexadecimal digits of an id."""
    return seeding.Id.parse(id).hex()


def seed_people(database, tag, threads=THREADS):
    """An owner and the people to invite for each thread, signed in."""
    return database.seed(tag, lambda seed: [[seed.user(True) for _ in range(1 + INVITEES)] for _ in range(threads)])


class Writer(threading.Thread):
    """One thread with a connection of its own."""

    def __init__(self, load, number, port, people):
        super().__init__(daemon=True)
        self.load, self.number = load, number
        self.owner, self.invitees = people[0], people[1:]
        self.connection = Connection(port)
        self.tag = f"{load.tag}{letters(number)}"
        self.count = 0
        self.writes = []
        self.acknowledged_at = []

    def run(self):
        try:
            while not self.load.ending.is_set():
                try:
                    self.write_account()
                except Abandoned:
                    self.load.ending.wait(0.02)
                except Disconnected as error:
                    if self.load.ends_on_disconnect:
                        return
                    self.load.failures.append(f"no response: {error}")
                    self.load.ending.wait(0.05)
        except Stopped:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.load.failures.append(f"a writer ended: {error!r}")
        finally:
            self.connection.close()

    def write(self, kind, path, body=None, cookie=None, method="POST", **facts):
        """Sends one change and returns what the response says."""
        if self.load.ending.is_set():
            raise Stopped
        self.count += 1
        key = f"{self.tag}-{self.count}" if method == "POST" else None
        write = Write(kind, method, path, body, cookie or self.owner["session"], key, facts)
        self.writes.append(write)
        response = write.send(self.connection)
        if write.is_acknowledged():
            self.acknowledged_at.append(write.ended)
            return response.json()
        if write.status != 503:
            self.load.failures.append(f"{kind} answered {write.status} {response.body[:200]!r}")
        raise Abandoned

    def write_account(self):
        """An account with invitations that are accepted, revoked or left, and members whose roles change."""
        unique = f"{self.tag} {letters(self.count)}"
        account = self.write("account", "/accounts", {"name": unique}, name=unique)["id"]
        facts = {"account": digits(account)}
        outsiders = [f"{self.tag}{self.count}o{number}@example.org" for number in range(3)]
        emails = [invitee["email"] for invitee in self.invitees]
        groups = [[emails[0], outsiders[0]], [emails[1], emails[2], outsiders[1], outsiders[2]], [emails[3]]]
        for group in groups:
            body = {"product": "platform", "roles": ROLES[:1], "emails": group}
            created = self.write("invite", f"/accounts/{account}/invitations", body, emails=group, **facts)
            ids = {result["email"]: result["invitation"]["id"] for result in created["results"]}
            for invitee in self.invitees:
                if invitee["email"] in ids:
                    id = ids[invitee["email"]]
                    self.write("accept", f"/me/invitations/{id}/accept", cookie=invitee["session"],
                               invitation=digits(id), user=invitee["user"].hex(), **facts)
            for email in outsiders[:2]:
                if email in ids:
                    self.write("revoke", f"/accounts/{account}/invitations/{ids[email]}/revoke",
                               invitation=digits(ids[email]), **facts)
            member = self.invitees[0]
            for role in ROLES[1:] + ROLES[:1]:
                path = f"/accounts/{account}/members/{member['user'].text('usr')}"
                self.write("roles", path, {"roles": [role]}, method="PATCH", user=member["user"].hex(), roles=[role],
                           **facts)


class Load:
    """All writers. Use as a context; the writers have ended after it."""

    def __init__(self, nodes, people, tag, ends_on_disconnect=False):
        self.tag = tag
        self.ends_on_disconnect = ends_on_disconnect
        self.ending = threading.Event()
        self.failures = []
        self.began_at = time.time()
        self.nodes = nodes
        self.writers = [Writer(self, number, nodes[number % len(nodes)].port, group)
                        for number, group in enumerate(people)]

    def __enter__(self):
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self):
        """Ends the writers after their current request."""
        self.ending.set()
        for writer in self.writers:
            writer.join()

    @property
    def writes(self):
        return [write for writer in self.writers for write in list(writer.writes)]

    def connection(self):
        """A connection to the first node, for other requests."""
        return Connection(self.nodes[0].port)

    def acknowledged(self):
        return sum(len(writer.acknowledged_at) for writer in self.writers)

    def wait_for(self, count, seconds=60):
        """Waits for so many more acknowledged writes."""
        enough = self.acknowledged() + count

        def is_enough():
            if not any(writer.is_alive() for writer in self.writers):
                raise Failure(f"all writers have ended: {self.failures[:1]}")
            return self.acknowledged() >= enough
        wait_for(f"{count} acknowledged writes", is_enough, seconds, 0.002)

    def recover(self, since, row, seconds=30):
        """Waits until each writer has had a write acknowledged since then; records how long that took."""
        def has_recovered():
            return all(writer.acknowledged_at and writer.acknowledged_at[-1] > since for writer in self.writers)
        try:
            wait_for("every writer writes again", has_recovered, seconds, 0.005)
        except Failure as failure:
            row.fail(str(failure))
            row.recovered(time.monotonic() - since)
            return
        row.recovered(max(min(at for at in writer.acknowledged_at if at > since) for writer in self.writers) - since)

    def since(self):
        """The smallest id that this load can have made, as digits."""
        return f"{int(self.began_at * 1000) - 5000:012x}7{0:019x}"


def repeat_unacknowledged(writes, port, row, most=200):
    """Sends POST requests without an acknowledgement again with their Idempotency-Key, until each is acknowledged."""
    unanswered = [write for write in writes if write.key and write.status is None]
    rejected = [write for write in writes if write.key and write.status == 503]
    with Connection(port) as connection:
        for write in unanswered + random.sample(rejected, min(most, len(rejected))):
            def is_answered(write=write):
                try:
                    write.send(connection)
                except Disconnected:
                    return False
                # 409: the first one is still running.
                return write.status not in (409, 503)
            try:
                wait_for(lambda: f"a repeated {write.kind} is acknowledged, last status {write.status}", is_answered, 20)
            except Failure as failure:
                row.fail(str(failure))
            if not write.is_acknowledged():
                row.fail(f"a repeated {write.kind} answered {write.status}")
