"""Runs the kinds of faults that are named, or all, and prints the table."""
import importlib
import os
import signal
import sys
import time
import traceback

from fault_tests.processes import Failure, Workspace
from fault_tests.report import Row, print_table, progress

KINDS = {
    "kills": "kill -9 of the server and of PostgreSQL under load: KILLS_SQLITE (300), KILLS_POSTGRES (100)",
    "outages": "PostgreSQL stopped, restarted, frozen, connections cut: OUTAGES (10 of each)",
    "failover": "kill of the primary, promotion of a synchronous standby: FAILOVERS (50)",
    "read-only": "a read-only PostgreSQL and SQLite file, also at the start: READ_ONLY (10 of each)",
    "disk-full": "a full disk under SQLite: DISK_FULL (10)",
    "mail": "an SMTP server with faults: MAILS (10000 messages on each database), MAIL_FAULTS (20 percent)",
    "clock": "the clock jumps both ways: CLOCK_JUMPS (20)",
    "sigterm": "SIGTERM under load: SIGTERMS (50 on each database)",
    "two-nodes": "kill -9 of one of two nodes that send mail: NODE_KILLS (20)",
    "races": "64 requests at once for one seat, invitation, token: RACES (1000 rounds of each on each target)",
}


class Settings:
    """Numbers from the environment."""

    def __init__(self):
        self.scale = float(os.environ.get("FAULTS_SCALE", "1"))

    def number(self, name, default):
        return int(os.environ.get(name, default))

    def rounds(self, name, default):
        """How many rounds; the scale changes only defaults."""
        if name in os.environ:
            return int(os.environ[name])
        return max(2, round(default * self.scale))


def run_kind(kind, settings, rows):
    """Adds the rows of one kind; what it leaves running ends with its workspace."""
    module = importlib.import_module(f"fault_tests.{kind.replace('-', '_')}")
    begun = time.monotonic()
    progress(f"== {kind}")
    with Workspace() as workspace:
        try:
            rows += module.run(workspace, settings)
        except Failure as failure:
            rows.append(Row(kind, "", failures=[f"ended early: {failure}"]))
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
            rows.append(Row(kind, "", failures=[f"ended early: {sys.exc_info()[1]!r}"]))
    progress(f"   {kind}: {time.monotonic() - begun:.0f} s")


def main():
    names = sys.argv[1:] or list(KINDS)
    if any(name not in KINDS for name in names):
        print(__doc__, "\n")
        for kind, text in KINDS.items():
            print(f"  {kind:<10} {text}")
        print("\nFAULTS_SCALE=0.1 makes the defaults in parentheses smaller.")
        sys.exit(0 if names[0] in ("-h", "--help") else 2)

    def end(number, _):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    rows, settings = [], Settings()
    try:
        for name in names:
            run_kind(name, settings, rows)
    finally:
        is_met = print_table(rows)
    sys.exit(0 if is_met else 1)


if __name__ == "__main__":
    main()
