"""PostgreSQL servers of the test's own: started, stopped, killed, frozen, copied to a standby and promoted."""
import csv
import glob
import io
import os
import shutil
import signal
import subprocess
import time

from fault_tests.processes import Failure, children, free_port, is_running, signal_all, wait_for

DATABASE = "faults"


def find_bin():
    """The folder of PostgreSQL's programs."""
    folders = [os.environ.get("PGBIN")] if os.environ.get("PGBIN") else sorted(
        glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: -int(path.split("/")[-2]))
    for folder in folders:
        if os.access(f"{folder}/initdb", os.X_OK):
            os.environ["PGBIN"] = folder
            return folder
    raise Failure("no PostgreSQL: install it, or set PGBIN to the folder of initdb and postgres")


class Cluster:
    """One server with its data folder. As root it runs as the user postgres, since PostgreSQL rejects root."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.bin = find_bin()
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.folder = workspace.folder / workspace.name("postgres")
        self.folder.mkdir()
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.log.touch()
        self.port = free_port()
        self.process = None

    def run(self, program, *arguments):
        """Runs one of PostgreSQL's programs to its end."""
        command = [f"{self.bin}/{program}", *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **self.user)
        if done.returncode:
            raise Failure(f"{program}: {(done.stdout + done.stderr).strip()[-500:]}")
        return done.stdout

    def create(self):
        """Makes a new server with an empty database, running."""
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        self.start()
        self.psql(f"create database {DATABASE}", "postgres")
        return self

    def launch(self):
        command = [f"{self.bin}/postgres", "-D", self.data, "-c", f"port={self.port}", "-c", "max_connections=200",
                   "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"]
        self.process = self.workspace.spawn(command, self.log, cwd=self.folder, **self.user)

    def start(self, seconds=60):
        """Starts it, again while processes of a killed one have not ended, and waits until it accepts connections."""
        self.launch()

        def is_ready():
            if self.process.poll() is not None:
                self.workspace.forget(self.process)
                time.sleep(0.1)
                self.launch()
            return self.accepts_connections()
        wait_for(f"PostgreSQL accepts connections, see {self.log}", is_ready, seconds)

    def accepts_connections(self):
        command = [f"{self.bin}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        return subprocess.run(command, check=False).returncode == 0

    def pids(self):
        """The postmaster, then its children."""
        return [self.process.pid, *children(self.process.pid)]

    def end(self, number):
        """Signals the postmaster and waits for its end: SIGINT for a fast stop, SIGQUIT for an immediate one."""
        self.process.send_signal(number)
        self.workspace.forget(self.process)

    def kill(self, children_too=False):
        """`kill -9` of the postmaster, whose children then end themselves, or of all as in a crash of the machine."""
        self.freeze()
        pids = self.pids()
        if children_too:
            signal_all(pids[1:], signal.SIGKILL)
        self.process.kill()
        signal_all(pids[1:], signal.SIGCONT)
        self.workspace.forget(self.process)
        wait_for("the processes of a killed PostgreSQL have ended", lambda: not any(map(is_running, pids)))

    def freeze(self):
        """Sends SIGSTOP to every process: connections stay open without responses."""
        # The postmaster first, or it starts another one.
        self.process.send_signal(signal.SIGSTOP)
        self.wait_until_stopped(self.process.pid)
        for pid in children(self.process.pid):
            signal_all([pid], signal.SIGSTOP)
            self.wait_until_stopped(pid)

    @staticmethod
    def wait_until_stopped(pid):
        def is_stopped():
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                    return file.read().rsplit(") ", 1)[1][0] in "TZX"
            except OSError:
                return True
        wait_for("a process is stopped", is_stopped, pause=0.001)

    def thaw(self):
        """Sends SIGCONT to every process."""
        signal_all(reversed(self.pids()), signal.SIGCONT)

    def url(self, parameters="sslmode=disable"):
        return f"postgres://postgres@127.0.0.1:{self.port}/{DATABASE}?{parameters}"

    def psql(self, sql, database=DATABASE):
        """Runs statements, each in a transaction of its own, and returns the rows of the last one."""
        command = [f"{self.bin}/psql", "-X", "-q", "--csv", "-t", "-v", "ON_ERROR_STOP=1",
                   f"postgres://postgres@127.0.0.1:{self.port}/{database}"]
        # Also where the test made the server read-only; and without a wait for a standby.
        environment = {"PATH": os.environ["PATH"], "PGCONNECT_TIMEOUT": "10",
                       "PGOPTIONS": "-c default_transaction_read_only=off -c synchronous_commit=local"}
        done = subprocess.run(command, input=sql, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"psql: {done.stderr.strip()[-500:]}")
        return list(csv.reader(io.StringIO(done.stdout)))

    def end_connections(self):
        """Ends every connection to the database but its own."""
        self.psql("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                  "where datname = current_database() and pid <> pg_backend_pid()")

    def follow(self, primary):
        """Makes this a standby of another server: its copy, running."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.run("pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
                 "-d", f"postgres://postgres@127.0.0.1:{primary.port}/postgres?application_name=standby")
        self.start()

    def require_standby(self, is_required):
        """Whether a commit waits until a standby has stored it."""
        name = "*" if is_required else ""
        self.psql(f"alter system set synchronous_standby_names = '{name}';\nselect pg_reload_conf();")
        if is_required:
            query = "select count(*) from pg_stat_replication where state = 'streaming' and sync_state = 'sync'"
            wait_for("the standby is synchronous", lambda: self.psql(query) == [["1"]], pause=0.05)

    def promote(self):
        """Makes a standby accept writes."""
        self.run("pg_ctl", "-D", self.data, "-w", "promote")
