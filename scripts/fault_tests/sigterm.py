"""SIGTERM under load: requests in flight are answered, nothing acknowledged is lost, and the process ends in time.

A request whose connection was closed while it was idle has not been accepted (RFC 9112 section 9.3.1), so it has no
response; it must not have been carried out then. Recovery is the next start.
"""
import random

from fault_tests.comparison import Stored, compare
from fault_tests.convoke import Node
from fault_tests.database import Postgres, Sqlite
from fault_tests.report import Row, progress
from fault_tests.writers import Load, letters, seed_people

# Security rule 19: ten seconds for requests, and a little for the end of the process.
MAX_STOP = 11.0
MAX_START = 2.0


def run(workspace, settings):
    for make in (Sqlite, Postgres):
        database = make(workspace)
        row = Row("SIGTERM under load", database.name, MAX_START)
        people = seed_people(database, "t")
        node = Node(workspace, database)
        node.start()
        longest, everything = 0.0, []
        for number in range(settings.rounds("SIGTERMS", 50)):
            with Load([node], people, f"term{letters(number)}x", ends_on_disconnect=True) as load:
                load.wait_for(random.randint(20, 200))
                code, seconds = node.terminate()
            longest = max(longest, seconds)
            if code != 0:
                row.fail(f"exit code {code}: {node.tail()}")
            if seconds > MAX_STOP:
                row.fail(f"the process ended after {seconds:.1f} s; the mark is {MAX_STOP:.0f} s")
            row.recovered(node.start())
            row.rounds += 1
            row.acknowledged += load.acknowledged()
            row.failures += load.failures
            row.add(compare(database, load.writes, load.since()))
            find_unanswered(database, load, row)
            everything += load.writes
        row.add(compare(database, everything))
        row.note(f"the longest stop took {longest:.2f} s")
        node.check_log(row)
        node.kill()
        progress(f"SIGTERM on {database.name}: {row.rounds} rounds")
        yield row


def find_unanswered(database, load, row):
    """Requests that were carried out and not answered."""
    stored = Stored(database, load.since())
    for write in load.writes:
        if write.status is None and is_stored(write, stored):
            row.fail(f"a request in flight ({write.kind}) was carried out and not answered")


def is_stored(write, stored):
    facts = write.facts
    if write.kind == "account":
        return stored.names[facts["name"]] > 0
    if write.kind == "invite":
        return any(stored.addresses[facts["account"], email] for email in facts["emails"])
    if write.kind == "roles":
        # The request before had other roles.
        return stored.members.get((facts["account"], facts["user"])) == facts["roles"]
    row = stored.invitations.get(facts["invitation"])
    return row is not None and row[3] == {"accept": "accepted", "revoke": "revoked"}[write.kind]
