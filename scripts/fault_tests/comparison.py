"""Compares the writes that were sent with what the database holds: nothing lost, doubled or stored partly."""
import collections
import dataclasses


@dataclasses.dataclass
class Result:
    lost: int = 0
    doubled: int = 0
    failures: list = dataclasses.field(default_factory=list)

    def lose(self, count, text):
        self.lost += count
        self.failures.append(f"lost: {text}")

    def double(self, count, text):
        self.doubled += count
        self.failures.append(f"doubled: {text}")

    def fail(self, text):
        self.failures.append(text)


class Stored:
    """The rows of accounts since an id: that and everything in them."""

    def __init__(self, database, since):
        id, bound = database.id, database.literal(since)
        self.accounts = {}
        self.names = collections.Counter()
        for row in database.rows(f"select {id('id')}, name, {id('owner_id')} from accounts where id >= {bound}"):
            self.accounts[row[0]] = row[2]
            self.names[row[1]] += 1
        self.invitations = {}
        self.addresses = collections.Counter()
        mail = "case when i.sent_at is not null or o.subject_id is not null then 1 else 0 end"
        for row in database.rows(
                f"select {id('i.account_id')}, {id('i.id')}, i.email, i.status, {mail} from invitations i left join "
                "(select distinct subject_id from outbox where kind = 'invitation') o on o.subject_id = i.id "
                f"where i.account_id >= {bound}"):
            self.invitations[row[1]] = row
            self.addresses[row[0], row[2]] += 1
        self.members = {(row[0], row[1]): row[2].split() for row in database.rows(
            f"select {id('account_id')}, {id('user_id')}, roles from members where account_id >= {bound}")}
        self.entries = collections.Counter()
        for row in database.rows(
                f"select {id('account_id')}, action, coalesce({id('target_id')}, ''), count(*) from activity "
                f"where account_id >= {bound} group by account_id, action, target_id"):
            self.entries[row[1], row[0], row[2]] += int(row[3])

    def count(self, action, account, target):
        return self.entries[action, account, target]


def compare(database, writes, since=None):
    """What is wrong with the rows, given these writes and no others since that id; without one the whole database is
    compared, and its file is checked."""
    result, stored = Result(), Stored(database, since or "0" * 32)
    check_rows(stored, result)
    changes_of_roles = collections.defaultdict(list)
    for write in writes:
        CHECKS[write.kind](write, stored, result)
        if write.kind == "roles":
            changes_of_roles[write.facts["account"], write.facts["user"]].append(write)
    for (account, user), changes in changes_of_roles.items():
        check_roles(account, user, changes, stored, result)
    if not since:
        result.failures += database.find_damage()
    return result


def check_rows(stored, result):
    """What holds whatever was acknowledged: no operation is stored partly."""
    for account, owner in stored.accounts.items():
        if (account, owner) not in stored.members:
            result.fail(f"stored partly: account {account} without its owner as member")
        if stored.count("account.created", account, account) != 1:
            result.fail(f"{stored.count('account.created', account, account)} entries of the creation of an account")
    accepted = collections.Counter()
    for account, id, email, status, has_mail in stored.invitations.values():
        accepted[account] += status == "accepted"
        expected = {"created": 1, "accepted": int(status == "accepted"), "revoked": int(status == "revoked")}
        for action, count in expected.items():
            entries = stored.count(f"invitation.{action}", account, id)
            if entries > count:
                result.double(entries - count, f"{entries} entries invitation.{action}, the invitation is {status}")
            elif entries < count:
                result.fail(f"stored partly: {entries} entries invitation.{action}, the invitation is {status}")
        if has_mail == "0" and status == "pending":
            result.fail(f"stored partly: no email was sent or is queued to {email}")
    members = collections.Counter(account for account, user in stored.members if stored.accounts.get(account) != user)
    for account in accepted.keys() | members.keys():
        if accepted[account] != members[account]:
            result.fail(f"stored partly: {accepted[account]} accepted invitations and {members[account]} members")


def check_account(write, stored, result):
    count = stored.names[write.facts["name"]]
    if count > 1:
        result.double(count - 1, f"account {write.facts['name']}")
    if write.is_acknowledged() and not count:
        result.lose(1, f"account {write.facts['name']}")


def check_invite(write, stored, result):
    counts = [stored.addresses[write.facts["account"], email] for email in write.facts["emails"]]
    doubled = sum(count - 1 for count in counts if count > 1)
    if doubled:
        result.double(doubled, f"invitations {write.facts['emails']}")
    missing = counts.count(0)
    if missing and write.is_acknowledged():
        result.lose(missing, f"invitations {write.facts['emails']}")
    elif 0 < missing < len(counts):
        result.fail(f"stored partly: {len(counts) - missing} of {len(counts)} invitations of one request")


def check_accept(write, stored, result):
    row = stored.invitations.get(write.facts["invitation"])
    is_member = (write.facts["account"], write.facts["user"]) in stored.members
    is_accepted = row is not None and row[3] == "accepted"
    if is_accepted != is_member:
        result.fail(f"stored partly: the invitation is {row and row[3]}, membership: {is_member}")
    if write.is_acknowledged() and not (is_accepted and is_member):
        result.lose(1, f"acceptance, the invitation is {row and row[3]}")


def check_revoke(write, stored, result):
    row = stored.invitations.get(write.facts["invitation"])
    if write.is_acknowledged() and (row is None or row[3] != "revoked"):
        result.lose(1, f"revocation, the invitation is {row and row[3]}")


def check_roles(account, user, changes, stored, result):
    """The roles are those of the last acknowledged change, or of a later one without a response."""
    acknowledged = [number for number, write in enumerate(changes) if write.is_acknowledged()]
    last = acknowledged[-1] if acknowledged else 0
    possible = [write.facts["roles"] for write in changes[last:]]
    roles = stored.members.get((account, user))
    if acknowledged and roles not in possible:
        result.lose(1, f"change of roles: {roles}, expected {possible}")
    entries = stored.count("member.roles_changed", account, user)
    if entries < len(acknowledged):
        result.lose(len(acknowledged) - entries, "entries of changed roles")
    if entries > len(changes):
        result.double(entries - len(changes), "entries of changed roles")


CHECKS = {"account": check_account, "invite": check_invite, "accept": check_accept, "revoke": check_revoke,
          "roles": lambda *_: None}
