"""The clock of one process jumps both ways under load, by libfaketime: the machine's clock is left alone.

Half of the jumps go forward and the others back to the right time, by minutes up to ten days; sessions end after fourteen.
Recovery is the time from a jump to the next acknowledged write of every writer. Mail is sent within a minute after the clock
is right again.
"""
import glob
import os
import random
import time

from fault_tests.comparison import compare
from fault_tests.convoke import Node
from fault_tests.database import Sqlite
from fault_tests.mailbox import wait_until_sent
from fault_tests.outages import MAX_RECOVERY
from fault_tests.report import Row, progress
from fault_tests.writers import Load, letters, repeat_unacknowledged, seed_people

# Seconds ahead or behind; also back in time, from before the accounts were created.
JUMPS = [60, -60, 3600, -3600, 86_400, -86_400, 3 * 86_400, -10 * 86_400]
MAX_MAIL = 60


def find_library():
    """libfaketime, for a process with threads."""
    if os.environ.get("LIBFAKETIME"):
        return os.environ["LIBFAKETIME"]
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") + glob.glob("/usr/lib/faketime/libfaketimeMT.so.1")
    return found[0] if found else None


def run(workspace, settings):
    row = Row("clock jumps", "SQLite", MAX_RECOVERY)
    library = find_library()
    if not library:
        row.skipped = "libfaketime is not installed (Debian's package libfaketime, or set LIBFAKETIME)"
        yield row
        return
    database = Sqlite(workspace)
    offset = workspace.folder / "offset"
    set_offset(offset, 0)
    people = seed_people(database, "c")
    # Seeded sessions are as old as the clock at that time; monotonic time must not jump, as it does not in truth.
    node = Node(workspace, database, {
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"})
    node.start()
    everything = []
    for number in range(settings.rounds("CLOCK_JUMPS", 20)):
        jump = JUMPS[number % len(JUMPS)]
        with Load([node], people, f"clock{letters(number)}x") as load:
            for seconds in (jump, 0):
                load.wait_for(random.randint(50, 150))
                set_offset(offset, seconds)
                jumped = time.monotonic()
                check_clock(node, seconds, row)
                load.recover(jumped, row)
            load.wait_for(50)
        row.rounds += 1
        row.acknowledged += load.acknowledged()
        row.failures += load.failures
        everything += load.writes
        repeat_unacknowledged(load.writes, node.port, row)
        left = wait_until_sent(database, MAX_MAIL)
        if left:
            row.fail(f"{left} emails are still queued {MAX_MAIL} s after a jump by {jump} s and back")
    row.add(compare(database, everything))
    node.check_log(row)
    progress(f"clock: {row.rounds} rounds")
    yield row


def set_offset(path, seconds):
    """Replaces the file as a whole, since the process reads it at every look at the clock."""
    path.with_suffix(".new").write_text(f"{seconds:+d}\n")
    path.with_suffix(".new").replace(path)


def check_clock(node, seconds, row):
    """The process has the clock that it should have: the fault is really there."""
    from email.utils import parsedate_to_datetime
    from fault_tests.api import Connection
    with Connection(node.port) as connection:
        head = connection.get("/healthz").head.decode()
    dates = [line.split(": ", 1)[1] for line in head.splitlines() if line.lower().startswith("date: ")]
    if not dates or abs(parsedate_to_datetime(dates[0]).timestamp() - time.time() - seconds) > 5:
        row.fail(f"libfaketime does not work: the clock of the process is not {seconds} s ahead: {dates}")
