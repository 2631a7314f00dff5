"""A database that is read-only for a time, or already at the start: reads succeed, writes are answered 503."""
import random
import time

from fault_tests.api import Connection, Disconnected
from fault_tests.convoke import OBEY_MODES, Node
from fault_tests.database import Postgres, Sqlite
from fault_tests.outages import MAX_RECOVERY, finish_round
from fault_tests.processes import wait_for
from fault_tests.report import Row, progress
from fault_tests.window import SETTINGS, Window
from fault_tests.writers import Load, letters, seed_people

HOLD = 3.0


def run(workspace, settings):
    rounds = settings.rounds("READ_ONLY", 10)
    postgres = Postgres(workspace)
    people = seed_people(postgres, "r")
    node = Node(workspace, postgres, SETTINGS)
    node.start()
    for name, set_read_only in (("PostgreSQL made read-only", set_server), ("database made read-only", set_database)):
        row = Row(name, postgres.name, MAX_RECOVERY)
        for number in range(rounds):
            become(postgres, node, people, row, f"{set_read_only.__name__}{letters(number)}x".replace("_", ""),
                   set_read_only)
        node.check_log(row)
        progress(f"{name}: {rounds} rounds")
        yield row
    node.kill()
    yield start_read_only(postgres, node, people, rounds, lambda value: set_database(postgres, value))
    sqlite = Sqlite(workspace)
    people = seed_people(sqlite, "r")
    node = Node(workspace, sqlite, SETTINGS, OBEY_MODES)
    yield start_read_only(sqlite, node, people, rounds, lambda value: set_file(sqlite, value))


def set_server(database, value):
    """For all connections, those that are open too."""
    database.cluster.psql(f"alter system set default_transaction_read_only = {value};\nselect pg_reload_conf();")


def set_database(database, value):
    """For new connections; ends the open ones, as a failover does. After its end the program replaces them itself."""
    database.cluster.psql(f"alter database faults set default_transaction_read_only = {value}")
    if value == "on":
        database.cluster.end_connections()


def set_file(database, value):
    """The file and its log, which gets the mode of the file."""
    for path in database.path.parent.glob(f"{database.path.name}*"):
        path.chmod(0o400 if value == "on" else 0o600)


def become(database, node, people, row, tag, set_read_only):
    with Load([node], people, tag) as load:
        load.wait_for(random.randint(50, 200))
        set_read_only(database, "on")
        # A request may have begun before its connection has got to know.
        time.sleep(0.5)
        window = Window(load, row, node)
        with window.hold(HOLD, reads_succeed=True):
            set_read_only(database, "off")
        load.recover(time.monotonic(), row)
        window.count()
        load.wait_for(50)
    finish_round(database, load, row, node)


def start_read_only(database, node, people, rounds, set_read_only):
    """Starts while the database is read-only, writes, makes it writable, writes on, stops."""
    row = Row("start on a read-only database", database.name, MAX_RECOVERY)
    for number in range(rounds):
        set_read_only("on")
        node.launch()
        session = people[0][0]["session"]
        wait_for("a read succeeds", lambda: reads(node, session), 30)
        with Load([node], people, f"start{letters(number)}x") as load:
            window = Window(load, row, node)
            with window.hold(HOLD, reads_succeed=True):
                set_read_only("off")
            load.recover(time.monotonic(), row)
            window.count()
            load.wait_for(50)
        finish_round(database, load, row, node)
        node.kill()
    node.check_log(row)
    progress(f"start on a read-only database: {rounds} rounds on {database.name}")
    return row


def reads(node, session):
    try:
        with Connection(node.port) as connection:
            return connection.get("/api/v1/me", session).status == 200
    except Disconnected:
        return False
