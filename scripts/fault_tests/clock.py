"""The clock of one process jumps both ways under load, by libfaketime: the machine's clock is left alone.

It jumps ahead or behind, by a minute up to five days, and back to the right time; invitations end after seven days, so that none
has ended when the clock is right again, and sessions after fourteen.
Recovery is the time from a jump to the next acknowledged write of every writer. Mail is sent within a minute after the
clock is right again.
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

# Seconds ahead or behind.
JUMPS = [60, -60, 3600, -3600, 86_400, -86_400, 3 * 86_400, -5 * 86_400]
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
                load.recover(jumped, row)
                load.wait_for(20)
                check_clock(database, seconds, row)
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


def check_clock(database, seconds, row):
    """The newest entry has the time that the process should have: the fault is really there. Not by the header `date`,
    which hyper stores and does not set back."""
    (at,), = database.rows("select at from activity order by rowid desc limit 1")
    ahead = int(at) / 1000 - time.time()
    if abs(ahead - seconds) > 10:
        row.fail(f"libfaketime does not work: the clock of the process is {ahead:.0f} s ahead instead of {seconds} s")
