"""64 requests at the same moment for one thing: exactly one wins, and no limit is passed.

Targets are SQLite, PostgreSQL, and two nodes on one PostgreSQL. Things are the last free seat of an account, an invitation
that several try to accept, an invitation that is accepted and revoked, and a token that confirms an address; at fewer rounds
a token that resets a password, since each of its requests may hash one.
"""
import base64
import hashlib
import secrets

import seeding

from fault_tests.api import ConcurrentClients, encode
from fault_tests.convoke import Node
from fault_tests.database import Postgres, Sqlite
from fault_tests.report import Row, progress

REQUESTS = 64
# An owner, one pending invitation, and one free seat.
SEATS = 3
RESET_SHARE = 20
BATCH = 200
DAY = 86_400_000

seeding.COLUMNS |= {
    "invitation_tokens": ["token_hash", "invitation_id", "proves_mailbox", "created_at", "address_version",
                          "email_canonical"],
    "email_changes": ["user_id", "id", "email", "email_canonical", "token_hash", "created_at", "expires_at"],
    "password_resets": ["id", "email_canonical", "user_id", "token_hash", "created_at", "expires_at"],
}


def new_token(prefix):
    """A token and the hash that is stored of it."""
    token = prefix + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return token, hashlib.sha256(token.encode()).digest()


def post(path, body=None, cookie=""):
    return encode("POST", f"/api/v1{path}", body, cookie)


def free_seat(seed, number):
    """All but one are told that the limit is reached."""
    account = seed.account(1)
    seed.invite(account, f"{seed.tag}pending{number}@example.test")
    path = f"/accounts/{account['id']}/invitations"
    body = {"product": "platform", "roles": ["DEVELOPER"]}
    return [post(path, body | {"emails": [f"{seed.tag}s{number}n{request}@example.org"]}, account["owner"])
            for request in range(REQUESTS)], {201}, {409}


def invited(seed):
    """An account with one invitation, its invitee, and a link to it."""
    account, invitee = seed.account(1), seed.user(True)
    id = seed.invite(account, invitee["email"])
    token, digest = new_token("cvi_")
    seed.rows["invitation_tokens"].append(
        (digest, seeding.Id.parse(id), False, seed.now, 0, invitee["email"]))
    return account, invitee, id, token


def acceptance(seed, _):
    """By the invitee in two ways, and by others who hold the link."""
    _, invitee, id, token = invited(seed)
    other = seed.user(True)
    ways = [post("/invitations/accept", {"token": token}, invitee["session"]),
            post(f"/me/invitations/{id}/accept", None, invitee["session"]),
            post("/invitations/accept", {"token": token}, other["session"]),
            post("/invitations/accept", {"token": token})]
    return [ways[request // 2 % 4] for request in range(REQUESTS)], {200}, {401, 403, 409}


def ending(seed, _):
    """Accepted, declined by the link and revoked: one of them."""
    account, invitee, id, token = invited(seed)
    ways = [post("/invitations/accept", {"token": token}, invitee["session"]),
            post(f"/accounts/{account['id']}/invitations/{id}/revoke", None, account["owner"]),
            post("/invitations/decline", {"token": token})]
    # Pairs: each way reaches both nodes.
    return [ways[request // 2 % 3] for request in range(REQUESTS)], {200}, {409}


def confirmation(seed, number):
    """The session gets a new token with it, so the others have none or a link that was used."""
    user = seed.user(True)
    token, digest = new_token("cvc_")
    email = f"{seed.tag}new{number}@example.test"
    seed.rows["email_changes"].append(
        (user["user"], seed.id(), email, email, digest, seed.now, seed.now + DAY))
    return [post("/me/email/confirm", {"token": token}, user["session"])] * REQUESTS, {200}, {401, 410}


def reset(seed, _):
    user = seed.user()
    token, digest = new_token("cvr_")
    seed.rows["password_resets"].append(
        (seed.id(), user["email"], user["user"], digest, seed.now, seed.now + DAY))
    body = {"token": token, "password": "blue whale and seven stones"}
    return [post("/password-resets/confirm", body)] * REQUESTS, {204}, {410}


RACES = {"last free seat": free_seat, "one invitation accepted": acceptance, "one invitation ended": ending,
         "one confirmation token": confirmation, "one reset token": reset}


def run(workspace, settings):
    rounds = settings.rounds("RACES", 1000)
    limits = {"CONVOKE_LIMITS__USERS_PER_ACCOUNT": str(SEATS), "CONVOKE_DATABASE__TIMEOUT": "20s"}
    sqlite, postgres = Sqlite(workspace), Postgres(workspace)
    for database, name, count in ((sqlite, "SQLite", 1), (postgres, "PostgreSQL", 1), (postgres, "PostgreSQL, two nodes", 2)):
        nodes = [Node(workspace, database, limits) for _ in range(count)]
        clients = ConcurrentClients([node.port for node in nodes], REQUESTS)
        for race, prepare in RACES.items():
            row = Row(f"race: {race}", name)
            tag = workspace.name("race").replace("-", "x")
            times = max(2, rounds // RESET_SHARE) if prepare is reset else rounds
            for first in range(0, times, BATCH):
                run_batch(database, nodes, clients, prepare, f"{tag}b{first}", min(BATCH, times - first), row)
            yield row
        check_rows(database, row)
        for node in nodes:
            node.check_log(row)
            node.kill()
        clients.close()
        progress(f"races: {rounds} rounds on {name}")


def run_batch(database, nodes, clients, prepare, tag, count, row):
    """Some rounds; their rows are stored first."""
    rounds = database.seed(tag, lambda seed: [prepare(seed, number) for number in range(count)])
    for node in nodes:
        if not node.process:
            node.start()
    for requests, won, lost in rounds:
        responses = clients.fire(requests)
        winners = sum(response.status in won for response in responses)
        row.rounds += 1
        row.acknowledged += winners
        row.doubled += max(0, winners - 1)
        if winners != 1:
            row.fail(f"{winners} winners: {sorted({response.status for response in responses})}")
        for response in responses:
            if response.status not in won | lost:
                row.fail(f"a loser was answered {response.status} {response.body[:200]!r}")


def check_rows(database, row):
    """What the rows say after all races: the winners are stored, each once."""
    seats = ("select count(*) from accounts a where (select count(*) from members m where m.account_id = a.id) + "
             "(select count(*) from invitations i where i.account_id = a.id and i.status = 'pending') > ")
    row.doubled += int(database.rows(f"{seats} {SEATS}")[0][0])
    ends = ("select count(*) from invitations i where i.status <> 'pending' and 1 <> (select count(*) from activity a where "
            "a.target_id = i.id and a.action in ('invitation.accepted', 'invitation.declined', 'invitation.revoked'))")
    if database.rows(ends) != [["0"]]:
        row.fail("stored partly: ended invitations without exactly one entry about the end")
    members = ("select (select count(*) from invitations where status = 'accepted'), (select count(*) from members m "
               "join accounts a on a.id = m.account_id where m.user_id <> a.owner_id)")
    accepted, joined = database.rows(members)[0]
    if accepted != joined:
        row.fail(f"stored partly: {accepted} accepted invitations and {joined} members")
