"""Hooks of schemathesis for scripts/test-openapi: real ids and bodies that can succeed in place of generated ones, counts of the
calls, and with $OPENAPI_RECORD a file of the requests for openapi_replay.py."""
import atexit
import collections
import json
import os
import re
import struct
import zlib

import schemathesis
from schemathesis.core.parameters import ParameterLocation

import openapi_formats  # noqa: F401
from openapi_account import PASSWORD, Account, Server, offer_to, to_placeholders

CALLS_BETWEEN_RESTORES = 200
ROLES = ["DEVELOPER", "BUSINESS_OWNER", "USER_ADMIN", "USER_AUDITOR"]

with open(f"{os.environ['OPENAPI_CALLER']}/caller.json") as file:
    state = json.load(file)
server = Server(os.environ["OPENAPI_ADDRESS"])
account = Account(server, state)
ended_cookies = set()
record = open(os.environ["OPENAPI_RECORD"], "a", buffering=1) if "OPENAPI_RECORD" in os.environ else None
statuses = collections.Counter()
operations = collections.defaultdict(collections.Counter)


def choose(value, choices, case):
    """One of the choices for three of four cases, always the same for a case; else the value."""
    parts = (value, case.operation.label, case.query, case.headers, case.body)
    number = zlib.crc32(repr(parts).encode("utf-8", "replace"))
    return choices[number // 4 % len(choices)] if choices and number % 4 else value


def members():
    return [state["ids"][person] for person in state["members"]]


def real_ids(path):
    is_mine = path.startswith("/api/v1/me/")
    accounts = [state["account"]]
    if "ownership-offers" in path:
        accounts = [state["lent"]]
    elif path.endswith("/leave"):
        accounts = [state["account"], state["other"]]
    return {"account": accounts, "user": members(), "invitation": state["offered"] if is_mine else state["pending"],
            "session": state["sessions"], "grant": state["grants"], "identity": state["identities"]}


def replace_ids(case):
    for name, choices in real_ids(case.operation.path).items():
        value = case.path_parameters.get(name) if case.path_parameters else None
        if isinstance(value, str) and (name == "grant" or re.fullmatch("[a-z]{3}_[0-9a-z]{26}", value)):
            case.path_parameters[name] = choose(value, choices, case)


def invitations(body, case):
    """Roles of the catalogue for the generated addresses: at most 20, in groups or not."""
    def with_roles(group):
        emails = [email for email in group.get("emails") or [] if email][:10]
        return {"roles": [choose("LINGUIST", ROLES, case)],
                "emails": emails or [f"new{sum(statuses.values())}@example.com", "bob@example.com"]}
    groups = body.get("groups")
    rest = {"groups": [with_roles(group) for group in groups[:2]]} if groups else with_roles(body)
    return {"product": "platform"} | ({"locale": body["locale"]} if "locale" in body else {}) | rest


def successful_body(case):
    """A body with which the operation succeeds, from the generated one; None where nothing has to be known for that."""
    body = case.body
    method, _, path = case.operation.label.partition(" ")
    match method, path.removeprefix("/api/v1"):
        case "POST", "/accounts/{account}/invitations":
            return invitations(body, case)
        case "PATCH", "/accounts/{account}":
            return body | {"name": "Acme"}
        case "PATCH", "/accounts/{account}/invitations/{invitation}":
            return body | {"product": "platform", "roles": ["LINGUIST"]}
        case "POST", "/accounts/{account}/ownership-offer":
            return offer_to(choose(members()[0], members(), case), "Acme")
        case "POST", "/invitations/request-address":
            return body | {"token": choose(state["links"][0], state["links"], case)}
        case "POST", "/me/email":
            return body | {"password": PASSWORD}
        case "POST", "/me/email/confirm":
            return {"token": state["email_token"]}
        case "POST", "/me/password":
            return {"current_password": PASSWORD, "password": PASSWORD}
        case "POST", "/password-resets/confirm":
            return body | {"token": state["reset_token"]}
        case "POST", "/registrations/confirm":
            return {"token": state["registration_token"], "password": PASSWORD}
        case "POST", "/sessions":
            return {"login": state["login"], "password": PASSWORD}
    return None


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


# One grey dot.
PICTURE = b"\x89PNG\r\n\x1a\n" + b"".join((
    chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), chunk(b"IDAT", zlib.compress(b"\0\x7f")), chunk(b"IEND", b"")))


def replace_members(body, case):
    """Real values in a body, where the generated ones have their form."""
    if isinstance(body.get("token"), str) and body["token"].startswith("cvi_"):
        body["token"] = choose(body["token"], state["links"], case)
    if isinstance(body.get("product"), str):
        body["product"] = choose(body["product"], ["platform"], case)
    if isinstance(body.get("user_id"), str):
        body["user_id"] = choose(body["user_id"], members(), case)
    for one in [body, *(group for group in body.get("groups") or [] if isinstance(group, dict))]:
        if isinstance(one.get("roles"), list):
            one["roles"] = [choose(role, ROLES, case) if isinstance(role, str) else role for role in one["roles"]]


@schemathesis.hook
def before_call(context, case, kwargs):
    replace_ids(case)
    # A body that is wrong on purpose stays so.
    is_wrong = case.meta is not None and case.meta.is_negative_at(ParameterLocation.BODY)
    if isinstance(case.body, dict):
        body = json.loads(json.dumps(case.body))
        replace_members(body, case)
        case.body = body if is_wrong else choose(body, [successful_body(case) or body], case)
    elif isinstance(case.body, bytes) and not is_wrong:
        case.body = choose(case.body, [PICTURE], case)
    if case.cookies and case.cookies.get("convoke") in ended_cookies:
        case.cookies["convoke"] = state["cookie"]
    if "access_token" in state:
        case.headers["Authorization"] = f"Bearer {state['access_token']}"


def write_request(operation, request):
    headers = {name: value for name, value in request.headers.items() if name not in (
        "Authorization", "Connection", "Content-Length", "Cookie", "Host", "Transfer-Encoding", "User-Agent",
        "X-Schemathesis-TestCaseId")}
    body = request.body or b""
    body = body if isinstance(body, str) else bytes(body).decode("latin-1")
    target = request.url[len(os.environ["OPENAPI_ADDRESS"]):]
    json.dump([operation, request.method, to_placeholders(target, state), headers, to_placeholders(body, state)], record)
    record.write("\n")


@schemathesis.hook
def after_call(context, case, response):
    operation = f"{case.operation.method.upper()} {case.operation.path}"
    if record:
        write_request(operation, response.request)
    statuses[response.status_code] += 1
    operations[operation][response.status_code] += 1
    has_session = case.cookies and case.cookies.get("convoke") == state.get("cookie")
    if response.status_code == 401 and has_session:
        ended_cookies.add(state["cookie"])
        state["cookie"] = server.sign_in(state["person"])
    if sum(statuses.values()) % CALLS_BETWEEN_RESTORES == 0:
        account.restore()
        if "access_token" in state:
            state["access_token"] = server.access_token()


@atexit.register
def report():
    total, errors = sum(statuses.values()), sum(n for status, n in statuses.items() if status >= 500)
    print(f"{state['caller']}: {total} calls, {errors} of them 5xx; by status: {dict(sorted(statuses.items()))}")
    with open(f"{os.environ['OPENAPI_CALLER']}/calls.json", "w") as file:
        json.dump({name: dict(counts) for name, counts in operations.items()}, file, indent=1)
