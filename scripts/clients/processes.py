"""Processes that the script starts, each with a log in the temporary folder, and free ports."""
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


class Failure(Exception):
    """What did not happen, in words for the table."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(reason, test, seconds=15):
    """Repeats test until it is true. reason makes the sentence of the Failure."""
    end = time.monotonic() + seconds
    while True:
        found = test()
        if found:
            return found
        if time.monotonic() > end:
            raise Failure(" ".join(reason().split()))
        time.sleep(0.02)


class Processes:
    """Each one leads a process group of its own, which its stop ends; no other process is touched."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []

    def start(self, name, command, environment=None, cwd=None):
        """Starts a command with PATH, HOME and the given variables only, without proxies."""
        variables = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(part) for part in command], env=variables | (environment or {}),
                                       cwd=cwd or self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        process.log_name = name
        self.running.append(process)
        return process

    def wait_until_answers(self, process, url):
        """Waits for any HTTP response of the server below 500."""
        def answers():
            if process.poll() is not None:
                raise Failure(f"{process.log_name} ended with {process.returncode}: {self.tail(process.log_name, 3)}")
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return True
            except urllib.error.HTTPError as error:
                return error.code < 500
            except OSError:
                return False
        wait_for(lambda: f"{process.log_name} does not answer at {url}: {self.tail(process.log_name, 3)}", answers, 60)

    def stop(self, processes=None):
        for process in list(reversed(self.running if processes is None else processes)):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    pass
            try:
                os.killpg(process.pid, signal.SIGKILL)  # children that are left
            except ProcessLookupError:
                pass
            process.wait()
            self.running.remove(process)

    def tail(self, prefix, lines=25):
        """The last lines of the logs whose names begin so."""
        found = []
        for path in sorted(self.folder.glob(f"{prefix}*.log")):
            found.append(f"{path.name}:")
            found += path.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join(found)
