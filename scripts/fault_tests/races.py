"""64 requests at the same moment for one thing: exactly one wins, and no limit is passed.

Targets are SQLite, PostgreSQL, and two nodes on one PostgreSQL. Things are the last free seat of an account, an
invitation that several try to accept, one that is accepted, declined and revoked, and a token that confirms an address;
at fewer rounds a token that resets a password, since each of its requests may hash one.
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
    invitation = seed.invite(account, invitee["email"])
    token, digest = new_token("cvi_")
    seed.rows["invitation_tokens"].append(
        (digest, invitation, False, seed.now, 0, invitee["email"]))
    return account, invitee, invitation.text("inv"), token


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


# What prepares a round, and how its effects are counted: {0} is the beginning of the addresses of the race.
RACES = {
    "last free seat": (free_seat, "select count(*) from invitations where email like '{0}%@example.org'"),
    "one invitation accepted": (
        acceptance, "select count(*) from invitations where email like '{0}%' and status = 'accepted'"),
    "one invitation ended": (
        ending, "select count(*) from invitations where email like '{0}%' and status <> 'pending'"),
    "one confirmation token": (confirmation, "select count(*) from users where email like '{0}%new%'"),
    "one reset token": (reset, "select count(*) from activity a join users u on u.id = a.user_id where "
                               "u.email like '{0}%' and a.action = 'user.password_reset'"),
}


def run(workspace, settings):
    rounds = settings.rounds("RACES", 1000)
    limits = {"CONVOKE_LIMITS__USERS_PER_ACCOUNT": str(SEATS), "CONVOKE_DATABASE__TIMEOUT": "20s"}
    sqlite, postgres = Sqlite(workspace), Postgres(workspace)
    targets = ((sqlite, "SQLite", 1), (postgres, "PostgreSQL", 1), (postgres, "PostgreSQL, two nodes", 2))
    for database, name, count in targets:
        nodes = [Node(workspace, database, limits) for _ in range(count)]
        for race, (prepare, effects) in RACES.items():
            row = Row(f"race: {race}", name)
            tag = f"{workspace.name('race').replace('-', 'x')}b"
            times = max(2, rounds // RESET_SHARE) if prepare is reset else rounds
            for first in range(0, times, BATCH):
                run_batch(database, nodes, prepare, f"{tag}{first}b", min(BATCH, times - first), row)
            stored = int(database.rows(effects.format(tag))[0][0])
            row.lost += max(0, row.acknowledged - stored)
            row.doubled += max(0, stored - row.rounds)
            check_rows(database, row)
            for node in nodes:
                node.check_log(row)
            yield row
        progress(f"races: {rounds} rounds on {name}")


def run_batch(database, nodes, prepare, tag, count, row):
    """Some rounds. Their rows are stored first, while no node uses the database."""
    rounds = database.seed(tag, lambda seed: [prepare(seed, number) for number in range(count)])
    for node in nodes:
        node.start()
    clients = ConcurrentClients([node.port for node in nodes], REQUESTS)
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
    clients.close()
    for node in nodes:
        node.terminate()


def check_rows(database, row):
    """What must hold in all rows: no account has passed its limit, and no end is stored partly."""
    seats = ("select count(*) from accounts a where (select count(*) from members m where m.account_id = a.id) + "
             "(select count(*) from invitations i where i.account_id = a.id and i.status = 'pending') > ")
    row.doubled += int(database.rows(f"{seats} {SEATS}")[0][0])
    ends = ("select count(*) from invitations i where i.status <> 'pending' and 1 <> (select count(*) from activity a "
            "where a.target_id = i.id and "
            "a.action in ('invitation.accepted', 'invitation.declined', 'invitation.revoked'))")
    if database.rows(ends) != [["0"]]:
        row.fail("stored partly: ended invitations without exactly one entry about the end")
    members = ("select (select count(*) from invitations where status = 'accepted'), (select count(*) from members m "
               "join accounts a on a.id = m.account_id where m.user_id <> a.owner_id)")
    accepted, joined = database.rows(members)[0]
    if accepted != joined:
        row.fail(f"stored partly: {accepted} accepted invitations and {joined} members")
