"""The SMTP server of the test, invitations to be mailed, and a comparison of both."""
import collections
import json
import os
import pathlib
import socket
import sys
import time

from fault_tests.api import Connection, Disconnected
from fault_tests.processes import free_port, wait_for

# The sender does not get the reply after these; it has to send the message again.
REPLY_LOST = {"closed_after", "late"}

# How many messages can be between the journal and the reply: one on each connection.
MAX_UNDER_WAY = 8


class SmtpProcess:
    """The SMTP server; its journal goes on after a restart."""

    def __init__(self, workspace, **options):
        self.workspace, self.options = workspace, options
        self.port = free_port()
        self.journal = workspace.folder / f"{workspace.name('smtp')}.journal"
        self.process = None
        self.starts = 0

    def start(self):
        self.starts += 1
        options = json.dumps(self.options | {"seed": self.starts})
        command = [sys.executable, "-m", "fault_tests.smtp_server", self.port, self.journal, options]
        environment = {"PYTHONPATH": os.environ["PYTHONPATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = self.workspace.spawn(command, self.workspace.folder / "smtp.log", environment)

        def accepts():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_for("the SMTP server listens", accepts)

    def stop(self):
        """Ends it at once, in the middle of messages."""
        self.workspace.kill(self.process)
        with open(self.journal, "a", encoding="utf-8") as journal:
            journal.write("\n" + json.dumps({"to": None, "fault": "stopped", "stored": False}) + "\n")

    def settings(self):
        return {"CONVOKE_MAIL__SMTP_URL": f"smtp://127.0.0.1:{self.port}"}

    def entries(self):
        """The lines of the journal; the last one may be cut off by a stop."""
        lines = pathlib.Path(self.journal).read_text().splitlines() if self.journal.exists() else []
        entries = []
        for line in lines:
            try:
                entries.append(json.loads(line))
            except ValueError:
                pass
        for index, entry in enumerate(entries):
            # Stored, and perhaps stopped before the reply was sent.
            if entry["fault"] == "stopped":
                for last in entries[max(0, index - MAX_UNDER_WAY):index]:
                    last["fault"] = last["fault"] or "closed_after"
        return entries

    def stored_count(self):
        return len({entry["to"] for entry in self.entries() if entry["stored"]})


def invite(nodes, owners, tag, count, pause=0.0):
    """Invites so many addresses, 20 a request, by the nodes in turn; returns the acknowledged addresses."""
    emails = []
    for first in range(0, count, 20):
        number = first // 20
        owner = owners[number % len(owners)]
        some = [f"{tag}n{first + n}@example.org" for n in range(min(20, count - first))]
        body = {"product": "platform", "roles": ["DEVELOPER"], "emails": some}
        with Connection(nodes[number % len(nodes)].port) as connection:
            try:
                path = f"/accounts/{owner['id']}/invitations"
                response = connection.call("POST", path, body, owner["owner"], f"{tag}-{number}")
            except Disconnected:
                continue
        if response.status == 201:
            emails += some
        time.sleep(pause)
    return emails


def wait_until_sent(database, seconds):
    """Waits until no email is queued; returns how many are left."""
    count = "select count(*) from outbox"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if database.rows(count) == [["0"]]:
            return 0
        time.sleep(0.5)
    return int(database.rows(count)[0][0])


def compare_mail(database, smtp, emails, row, is_killed=False):
    """Every acknowledged address got its message, or the invitation shows that it was rejected; a second copy only
    after a lost reply, with the same Message-ID. A sender that is killed loses replies that the server has sent."""
    copies = collections.defaultdict(list)
    rejected = set()
    for entry in smtp.entries():
        if entry["stored"]:
            copies[entry["to"]].append(entry)
        elif entry["fault"] == "rejected":
            rejected.add(entry["to"])
    failed = {email for email, in database.rows("select email from invitations where delivery = 'failed'")}
    sent = {email for email, in database.rows("select email from invitations where delivery = 'sent'")}
    repeated = 0
    for email in emails:
        received = copies.get(email, [])
        if not received and not (email in rejected and email in failed):
            row.lost += 1
            row.fail(f"lost: no message to {email}")
        if received and email not in sent and email not in rejected:
            row.fail(f"the invitation to {email} was received and is not shown as sent")
        if len(received) > 1:
            is_explained = is_killed or all(entry["fault"] in REPLY_LOST for entry in received[:-1])
            is_same = len({entry["id"] for entry in received}) == 1 and received[0]["id"]
            if is_explained and is_same:
                repeated += len(received) - 1
            else:
                row.doubled += len(received) - 1
                row.fail(f"doubled: {received}")
    faults = collections.Counter(entry["fault"] for entry in smtp.entries() if entry["fault"])
    if faults["stopped"]:
        # Some of these are only possible losses.
        del faults["closed_after"]
    row.note(f"{len(emails):,} messages, {repeated:,} copies with the same Message-ID after a lost reply; injected: "
             + (", ".join(f"{count:,} {name}" for name, count in sorted(faults.items())) or "nothing"))
