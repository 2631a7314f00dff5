"""A time in which the database cannot store anything: every write is answered 503 in time, and none is acknowledged."""
import contextlib
import time

from fault_tests.convoke import Node
from fault_tests.processes import Failure, wait_for

# The server waits so long for the database, and as long again for the end of a write (crates/store/src/engine/mod.rs).
# A busy machine needs a little longer.
TIMEOUT = 2.0
MAX_READ = TIMEOUT + 1.0
MAX_WRITE = 2 * TIMEOUT + 1.0
SETTINGS = {"CONVOKE_DATABASE__TIMEOUT": f"{TIMEOUT:.0f}s"}

# How soon /readyz must notice.
MAX_NOTICE = 5.0


class Window:
    """From the moment when the fault is there to the one when it is being lifted."""

    def __init__(self, load, row, node: Node):
        self.load, self.row, self.node = load, row, node
        self.begun = self.ended = None

    @contextlib.contextmanager
    def hold(self, seconds, reads_succeed=False):
        """Runs the body at the end of the fault. In the meantime the process lives, is not ready, and reads get the
        status that is expected."""
        self.begun = time.monotonic()
        try:
            wait_for("/readyz answers 503", lambda: self.node.status("/readyz") == 503, MAX_NOTICE)
        except Failure as failure:
            self.row.fail(str(failure))
        if self.node.status("/healthz") != 200:
            self.row.fail("/healthz does not answer 200 during the fault")
        self.check_read(200 if reads_succeed else 503)
        while time.monotonic() < self.begun + seconds:
            time.sleep(0.01)
        self.ended = time.monotonic()
        yield

    def check_read(self, expected):
        begun = time.monotonic()
        with self.load.connection() as connection:
            status = connection.get("/api/v1/me", self.load.writers[0].owner["session"]).status
        if status != expected:
            self.row.fail(f"a read answered {status} instead of {expected} during the fault")
        check_time("a read", time.monotonic() - begun, MAX_READ, self.row)

    def count(self):
        """Counts the writes that were acknowledged within the window, and how many were not; checks response times."""
        rejected = 0
        for write in self.load.writes:
            if self.begun <= write.ended <= self.ended:
                self.row.false_acknowledgements += write.begun >= self.begun and write.is_acknowledged()
                rejected += write.status == 503
        if not rejected:
            self.row.fail("no write was answered 503 during the fault")
        check_times(self.load, self.row)


def check_times(load, row):
    """Every write has been answered in time."""
    for write in load.writes:
        if write.status is not None:
            check_time(f"a write with status {write.status}", write.ended - write.begun, MAX_WRITE, row)


def check_time(name, seconds, limit, row):
    if seconds > limit:
        row.fail(f"{name} took {seconds:.1f} s; the mark is {limit:.0f} s at a timeout of {TIMEOUT:.0f} s")
