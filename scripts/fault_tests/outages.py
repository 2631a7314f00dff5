"""PostgreSQL stopped, restarted, frozen and without its connections, under load: 503 in time, and nothing lost."""
import random
import signal
import time

from fault_tests.comparison import compare
from fault_tests.convoke import Node
from fault_tests.database import Postgres
from fault_tests.report import Row, progress
from fault_tests.window import SETTINGS, Window, check_times
from fault_tests.writers import Load, letters, repeat_unacknowledged, seed_people

MAX_RECOVERY = 5.0
HOLD = 4.0
# Longer than a write may wait, so that all of them are answered while it is frozen.
FROZEN_FOR = 7.0
CUT_FOR = 3.0


def run(workspace, settings):
    database = Postgres(workspace)
    people = seed_people(database, "o")
    node = Node(workspace, database, SETTINGS)
    node.start()
    for name, inject in FAULTS.items():
        row = Row(name, database.name, MAX_RECOVERY)
        for number in range(settings.rounds("OUTAGES", 10)):
            with Load([node], people, f"{inject.__name__}{letters(number)}x".replace("_", "")) as load:
                load.wait_for(random.randint(50, 200))
                lifted = inject(database.cluster, load, row, node)
                load.recover(lifted, row)
                load.wait_for(50)
            finish_round(database, load, row, node)
        node.check_log(row)
        progress(f"{name}: {row.rounds} rounds")
        yield row


def finish_round(database, load, row, node):
    """Counts a round and compares, before and after requests without an acknowledgement are repeated."""
    row.rounds += 1
    row.acknowledged += load.acknowledged()
    row.failures += load.failures
    row.add(compare(database, load.writes, load.since()))
    repeat_unacknowledged(load.writes, node.port, row)
    row.add(compare(database, load.writes, load.since()))


def stop_immediately(cluster, load, row, node):
    return stop(cluster, load, row, node, signal.SIGQUIT)


def stop_fast(cluster, load, row, node):
    return stop(cluster, load, row, node, signal.SIGINT)


def stop(cluster, load, row, node, number):
    cluster.end(number)
    window = Window(load, row, node)
    with window.hold(HOLD):
        cluster.start()
    lifted = time.monotonic()
    window.count()
    return lifted


def restart(cluster, load, row, _):
    cluster.end(signal.SIGINT)
    cluster.start()
    lifted = time.monotonic()
    check_times(load, row)
    return lifted


def freeze(cluster, load, row, node):
    cluster.freeze()
    window = Window(load, row, node)
    with window.hold(FROZEN_FOR):
        cluster.thaw()
    lifted = time.monotonic()
    window.count()
    return lifted


def cut(cluster, load, row, _):
    end = time.monotonic() + CUT_FOR
    while time.monotonic() < end:
        cluster.end_connections()
        time.sleep(0.05)
    check_times(load, row)
    return time.monotonic()


FAULTS = {
    "PostgreSQL stopped (immediate)": stop_immediately,
    "PostgreSQL stopped (fast)": stop_fast,
    "PostgreSQL restarted": restart,
    "PostgreSQL frozen": freeze,
    "connections to PostgreSQL cut": cut,
}
