"""Processes that the test starts, in one temporary folder that is removed at the end. No other process is touched."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class Failure(Exception):
    """What did not happen, as text for the report."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(what, test, seconds=30, pause=0.01):
    """Repeats test until it is true and returns its value; Failure says what was waited for, a text or a function of it."""
    end = time.monotonic() + seconds
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"not within {seconds:.0f} s: {what() if callable(what) else what}")
        time.sleep(pause)


def children(pid):
    """The processes that a process has started and that have not ended."""
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def is_running(pid):
    """Whether a process exists and is no zombie."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except (OSError, IndexError):
        return False


class Workspace:
    """The temporary folder, and the processes and mounts that end with it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="convoke-faults."))
        # PostgreSQL runs as another user where this runs as root.
        self.folder.chmod(0o755)
        self.binary = os.environ["FAULTS_BINARY"]
        self.running = []
        self.mounts = []
        self.numbers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A second signal must not interrupt this.
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        handlers = [signal.signal(number, signal.SIG_IGN) for number in signals]
        try:
            self.clean_up()
        finally:
            for number, handler in zip(signals, handlers):
                signal.signal(number, handler)

    def clean_up(self):
        self.stop_all()
        for mount in reversed(self.mounts):
            subprocess.run(["umount", mount], check=False)
        if os.environ.get("FAULTS_KEEP"):
            print(f"Databases and logs are in {self.folder}.", flush=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def name(self, prefix):
        """A name that is used once."""
        self.numbers[prefix] = self.numbers.get(prefix, 0) + 1
        return f"{prefix}-{self.numbers[prefix]}"

    def spawn(self, command, log, environment=None, cwd=None, **options):
        """Starts a process with PATH and the given variables only; its output is added to the log."""
        variables = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | (environment or {})
        with open(log, "ab") as output:
            process = subprocess.Popen([str(part) for part in command], env=variables, cwd=cwd or self.folder,
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options)
        self.running.append(process)
        return process

    def forget(self, process):
        """A process that has ended."""
        process.wait()
        self.running.remove(process)

    def kill(self, process):
        """Sends SIGKILL and waits for the end."""
        process.kill()
        self.forget(process)

    def stop_all(self):
        """Ends everything that still runs, with the processes that it started."""
        for process in list(reversed(self.running)):
            started = children(process.pid)
            signal_all([process.pid, *started], signal.SIGCONT)
            signal_all([process.pid], signal.SIGKILL)
            process.wait()
            signal_all([pid for pid in started if is_running(pid)], signal.SIGKILL)
            self.running.remove(process)
