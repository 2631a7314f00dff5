"""Mail with faults: nothing lost, and doubled only after a lost reply with the same Message-ID.

Recovery is the time from the start of a server that was down to the first message that it gets. The sender waits 5 s,
10 s, 20 s … after failures, so its mark is the longest of these waits that an outage of this length leads to.
"""
import threading
import time

from fault_tests.convoke import Node
from fault_tests.database import Postgres, Sqlite
from fault_tests.mailbox import SmtpProcess, compare_mail, invite, wait_until_sent
from fault_tests.processes import wait_for
from fault_tests.report import Row, progress

OWNERS = 20
# Four waits of 5 to 40 s after failures, and a late reply.
MAX_SECONDS = 180
MAX_OUTAGE_RECOVERY = 25.0
MAX_REQUEST = 1.0


def run(workspace, settings):
    count = settings.rounds("MAILS", 10_000)
    percent = settings.number("MAIL_FAULTS", 20)
    for make in (Sqlite, Postgres):
        database = make(workspace)
        row = Row(f"SMTP with {percent} % faults", database.name)
        yield send(workspace, database, row, count, {"percent": percent})
        row = Row("the same, at most two connections", database.name)
        yield send(workspace, database, row, max(20, count // 10), {"percent": percent, "max_connections": 2})
        row = Row("SMTP server down three times", database.name, MAX_OUTAGE_RECOVERY)
        yield send_with_outages(workspace, database, row, max(60, count // 10))


def prepare(workspace, database, row, options):
    tag = workspace.name("mail").replace("-", "")
    owners = database.seed(tag, lambda seed: [seed.account(1) for _ in range(OWNERS)])
    smtp = SmtpProcess(workspace, **options)
    smtp.start()
    node = Node(workspace, database, smtp.settings())
    node.start()
    row.rounds = 1
    return tag, owners, smtp, node


def finish(database, row, smtp, node, emails, count):
    row.acknowledged = len(emails)
    if len(emails) != count:
        row.fail(f"{count - len(emails)} invitations were not acknowledged")
    left = wait_until_sent(database, MAX_SECONDS + count / 50)
    if left:
        row.fail(f"{left} emails are still queued")
    compare_mail(database, smtp, emails, row)
    node.check_log(row)
    node.terminate()
    smtp.stop()
    progress(f"{row.fault} on {database.name}: {count} messages")
    return row


def send(workspace, database, row, count, options):
    tag, owners, smtp, node = prepare(workspace, database, row, options)
    emails = invite([node], owners, tag, count)
    return finish(database, row, smtp, node, emails, count)


def send_with_outages(workspace, database, row, count):
    """The server ends in the middle of messages and starts again some seconds later; requests do not wait for it."""
    tag, owners, smtp, node = prepare(workspace, database, row, {"delay": 0.02})
    emails = []
    for outage in range(3):
        part = f"{tag}p{outage}"
        sender = threading.Thread(
            target=lambda part=part: emails.extend(invite([node], owners, part, count // 3, 0.05)))
        before = smtp.stored_count()
        sender.start()
        wait_for("the first messages", lambda old=before: smtp.stored_count() > old + 10)
        smtp.stop()
        begun = time.monotonic()
        emails += invite([node], owners, f"{part}down", 20)
        if time.monotonic() - begun > MAX_REQUEST:
            row.fail(f"a request took {time.monotonic() - begun:.1f} s while the SMTP server was down")
        sender.join()
        time.sleep(3)
        before = smtp.stored_count()
        smtp.start()
        begun = time.monotonic()
        wait_for("a message after the start", lambda old=before: smtp.stored_count() > old, 60)
        row.recovered(time.monotonic() - begun)
        row.rounds = outage + 1
        wait_until_sent(database, MAX_SECONDS)
    return finish(database, row, smtp, node, emails, 3 * (count // 3) + 60)
