"""A full disk under SQLite, a small tmpfs: writes are answered 503 while there is no space, and nothing is lost."""
import contextlib
import os
import random
import subprocess
import time

from fault_tests.convoke import Node
from fault_tests.database import Sqlite
from fault_tests.outages import MAX_RECOVERY, finish_round
from fault_tests.processes import wait_for
from fault_tests.report import Row
from fault_tests.window import SETTINGS, check_times
from fault_tests.writers import Load, letters, seed_people

SIZE = 64 << 20
HOLD = 3.0


def run(workspace, settings):
    row = Row("disk full", "SQLite", MAX_RECOVERY)
    disk = workspace.folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "convoke-faults", disk]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        row.skipped = f"no tmpfs can be mounted: {mounted.stderr.strip()}"
        yield row
        return
    workspace.mounts.append(disk)
    database = Sqlite(workspace, disk)
    people = seed_people(database, "d")
    node = Node(workspace, database, SETTINGS)
    node.start()
    for number in range(settings.rounds("DISK_FULL", 10)):
        with Load([node], people, f"disk{letters(number)}x") as load:
            load.wait_for(random.randint(50, 200))
            with filled(disk / "filler"):
                # Space that the write-ahead log has already is still used, so the first 503 may be some writes away.
                wait_for("a write is answered 503", lambda load=load: count_rejected(load) > 20, 60)
                with load.connection() as connection:
                    if connection.get("/api/v1/me", people[0][0]["session"]).status != 200:
                        row.fail("a read did not succeed on a full disk")
                # Its write is smaller than the others: it finds room in the log until it has used that up itself.
                wait_for("/readyz answers 503", lambda: node.status("/readyz") == 503, 20)
                time.sleep(HOLD)
            load.recover(time.monotonic(), row)
            load.wait_for(50)
        check_times(load, row)
        finish_round(database, load, row, node)
    node.check_log(row)
    yield row


def count_rejected(load):
    return sum(write.status == 503 for write in load.writes)


@contextlib.contextmanager
def filled(path):
    """Fills the disk with a file, and removes it at the end."""
    try:
        with open(path, "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))
        yield
    finally:
        os.remove(path)
