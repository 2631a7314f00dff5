"""`kill -9` under load, of the program and of PostgreSQL: acknowledged writes stay, and none is stored partly."""
import random
import time

from fault_tests.comparison import compare
from fault_tests.convoke import Node
from fault_tests.database import Postgres, Sqlite
from fault_tests.report import Row, progress
from fault_tests.writers import Load, letters, repeat_unacknowledged, seed_people

MAX_START = 2.0
MAX_RECOVERY = 5.0


def run(workspace, settings):
    database = Sqlite(workspace)
    row = Row("kill -9 of the server", database.name, MAX_START)
    yield from survive(workspace, database, [row], settings.rounds("KILLS_SQLITE", 300))
    database = Postgres(workspace)
    rows = [Row("kill -9 of the server", database.name, MAX_START),
            Row("kill -9 of PostgreSQL", database.name, MAX_RECOVERY)]
    yield from survive(workspace, database, rows, settings.rounds("KILLS_POSTGRES", 100))


def survive(workspace, database, rows, kills):
    people = seed_people(database, "k")
    node = Node(workspace, database)
    node.start()
    everything = []
    for kill in range(kills):
        # In turn; half of the kills of PostgreSQL end its children too, as a crash of the machine does.
        row = rows[kill % len(rows)]
        if row is rows[0]:
            load = kill_node(node, row, people, kill)
        else:
            load = kill_postgres(database, node, row, people, kill)
        row.rounds += 1
        row.acknowledged += load.acknowledged()
        row.failures += load.failures
        row.add(compare(database, load.writes, load.since()))
        repeat_unacknowledged(load.writes, node.port, row)
        row.add(compare(database, load.writes, load.since()))
        everything += load.writes
        if kill % 25 == 24:
            progress(f"kills on {database.name}: {kill + 1} of {kills}")
    # Once more at the end: nothing has been lost by a later crash.
    rows[0].add(compare(database, everything))
    node.check_log(rows[0])
    node.kill()
    for row in rows:
        if row.rounds:
            yield row


def kill_node(node, row, people, kill):
    with Load([node], people, f"kill{letters(kill)}x", ends_on_disconnect=True) as load:
        load.wait_for(random.randint(100, 300))
        node.kill()
    row.recovered(node.start())
    return load


def kill_postgres(database, node, row, people, kill):
    with Load([node], people, f"kill{letters(kill)}x") as load:
        load.wait_for(random.randint(100, 300))
        database.cluster.kill(children_too=kill % 4 == 1)
        database.cluster.start()
        load.recover(time.monotonic(), row)
    return load
