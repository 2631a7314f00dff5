"""Failover to a synchronous standby under load: the primary is killed, the standby promoted, and nothing is lost."""
import random
import time

from fault_tests.comparison import compare
from fault_tests.convoke import Node
from fault_tests.database import Postgres
from fault_tests.outages import MAX_RECOVERY, finish_round
from fault_tests.postgres import DATABASE, Cluster
from fault_tests.report import Row, progress
from fault_tests.window import SETTINGS, check_times
from fault_tests.writers import Load, letters, seed_people


def run(workspace, settings):
    primary, standby = Cluster(workspace).create(), Cluster(workspace)
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    url = f"postgres://postgres@{hosts}/{DATABASE}?sslmode=disable&target_session_attrs=read-write"
    database = Postgres(workspace, primary, url)
    people = seed_people(database, "f")
    node = Node(workspace, database, SETTINGS)
    node.start()
    row = Row("failover to a synchronous standby", database.name, MAX_RECOVERY)
    everything = []
    rounds = settings.rounds("FAILOVERS", 50)
    for number in range(rounds):
        standby.follow(primary)
        primary.require_standby(True)
        with Load([node], people, f"failover{letters(number)}x") as load:
            load.wait_for(random.randint(50, 300))
            # All its processes, as a crash of the machine.
            primary.kill(children_too=True)
            standby.promote()
            load.recover(time.monotonic(), row)
            load.wait_for(50)
        primary, standby = standby, primary
        database.cluster = primary
        check_times(load, row)
        finish_round(database, load, row, node)
        everything += load.writes
        if number % 10 == 9:
            progress(f"failover: {number + 1} of {rounds}")
    row.add(compare(database, everything))
    node.check_log(row)
    yield row
