"""Two nodes on one PostgreSQL, one killed by -9 while both send mail: every message is sent, and repeated ones have the
same Message-ID."""
import random
import threading

from fault_tests.convoke import Node
from fault_tests.database import Postgres
from fault_tests.mailbox import SmtpProcess, compare_mail, invite, wait_until_sent
from fault_tests.processes import wait_for
from fault_tests.report import Row, progress

MAX_START = 2.0
PER_ROUND = 200
# What a killed node had leased is sent after 30 s.
MAX_SECONDS = 120


def run(workspace, settings):
    database = Postgres(workspace)
    row = Row("one of two nodes killed while mail is sent", database.name, MAX_START)
    owners = database.seed("n", lambda seed: [seed.account(1) for _ in range(10)])
    # Slow enough that messages are under way at every kill.
    smtp = SmtpProcess(workspace, delay=0.03)
    smtp.start()
    nodes = [Node(workspace, database, smtp.settings()) for _ in range(2)]
    for node in nodes:
        node.start()
    emails = []
    kills = settings.rounds("NODE_KILLS", 20)
    for number in range(kills):
        killed, other = nodes[number % 2], nodes[(number + 1) % 2]
        before = smtp.stored_count()
        # Through the node that stays, so that each request is acknowledged.
        sender = threading.Thread(target=lambda other=other, number=number: emails.extend(
            invite([other], owners, f"node{number}", PER_ROUND)))
        sender.start()
        some = random.randint(5, PER_ROUND // 2)
        wait_for("messages are being sent", lambda before=before, some=some: smtp.stored_count() >= before + some)
        killed.kill()
        sender.join()
        row.recovered(killed.start())
        row.rounds += 1
    if len(emails) != kills * PER_ROUND:
        row.fail(f"{kills * PER_ROUND - len(emails)} invitations were not acknowledged")
    row.acknowledged = len(emails)
    left = wait_until_sent(database, MAX_SECONDS)
    if left:
        row.fail(f"{left} emails are still queued")
    compare_mail(database, smtp, emails, row, is_killed=True)
    for node in nodes:
        node.check_log(row)
    progress(f"two nodes: {kills} kills")
    yield row
