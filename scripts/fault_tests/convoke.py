"""The program as a process: started, killed, stopped and watched."""
import signal
import subprocess
import time

from fault_tests.api import Connection, Disconnected
from fault_tests.processes import Failure, free_port, wait_for

# Without privileges to ignore the modes of files, which root has.
OBEY_MODES = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


class Node:
    """One `convoke serve`; it can be started again and again on the same port."""

    def __init__(self, workspace, database, settings=None, prefix=()):
        self.workspace = workspace
        self.port = free_port()
        self.prefix = list(prefix)
        self.log = workspace.folder / f"{workspace.name('convoke')}.log"
        self.environment = {
            "CONVOKE_DATABASE__URL": database.url,
            "CONVOKE_LISTEN": f"127.0.0.1:{self.port}",
            "CONVOKE_RATE_LIMITS__ENABLED": "false",
            "CONVOKE_LIMITS__USERS_PER_ACCOUNT": "1000000",
            "CONVOKE_LIMITS__ACCOUNTS_PER_USER": "1000000",
            "RUST_LOG": "warn",
        } | (settings or {})
        self.process = None

    def launch(self):
        """Starts it without waiting."""
        self.process = self.workspace.spawn([*self.prefix, self.workspace.binary, "serve"], self.log, self.environment)

    def start(self):
        """Starts it and returns after how many seconds it was ready."""
        begun = time.monotonic()
        self.launch()
        self.wait_until_ready()
        return time.monotonic() - begun

    def wait_until_ready(self, seconds=60):
        def is_ready():
            if self.process.poll() is not None:
                raise Failure(f"convoke ended with {self.process.returncode}: {self.tail()}")
            return self.status("/readyz") == 200
        wait_for(lambda: f"convoke is ready: {self.tail()}", is_ready, seconds, 0.005)

    def status(self, path):
        """The status of a GET request, or None without a response."""
        try:
            with Connection(self.port) as connection:
                return connection.get(path).status
        except Disconnected:
            return None

    def kill(self):
        """`kill -9`."""
        self.workspace.kill(self.process)
        self.process = None

    def terminate(self, seconds=20):
        """Sends SIGTERM; returns the exit code, or None if it had to be killed, and the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = None
        self.workspace.forget(self.process)
        self.process = None
        return code, time.monotonic() - begun

    def tail(self, lines=3):
        try:
            return " / ".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def check_log(self, row):
        """A panic is a failure even where the request was answered."""
        for line in self.log.read_text(errors="replace").splitlines():
            if "panicked at" in line:
                row.fail(f"panic: {line}")


def migrate(workspace, database):
    """Creates the schema of an empty database."""
    environment = {"CONVOKE_DATABASE__URL": database.url, "RUST_LOG": "error"}
    done = subprocess.run([workspace.binary, "migrate"], env=environment, cwd=workspace.folder, capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise Failure(f"convoke migrate: {done.stdout} {done.stderr}")
