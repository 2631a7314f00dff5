"""Sends requests that scripts/test-openapi has recorded, in random order, until a caller has sent as many as they should.

    openapi_replay.py FOLDER CALLS RECORDING      FOLDER has the caller.json of openapi_account.py

Every second call combines the address, the headers and the body of three requests of one operation. Prints the number of calls by
status, and each 5xx with its request, in which placeholders stand for ids and secrets; fails on a 5xx or where the server closes a
connection without a response. Standard library only.
"""
import collections
import http.client
import json
import os
import random
import sys
import time

from openapi_account import Account, Server, from_placeholders

CALLS_BETWEEN_RESTORES = 200


def send(connection, method, target, headers, body):
    """The status and the body; on a new connection where the server has closed an idle one."""
    is_new = connection.sock is None
    try:
        return send_once(connection, method, target, headers, body)
    except (http.client.HTTPException, OSError):
        connection.close()
        if is_new:
            raise
        return send_once(connection, method, target, headers, body)


def send_once(connection, method, target, headers, body):
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value.encode("utf-8", "replace"))
    if body or method in ("PATCH", "POST", "PUT"):
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    return response.status, response.read()


def mix(request, others, choice):
    """The request, or for every second one its address with the headers and the body of others."""
    operation, method, target, headers, body = request
    if choice.getrandbits(1):
        headers, body = choice.choice(others)[3], choice.choice(others)[4]
    return operation, method, target, headers, body


def report(state, statuses, operations, sent, requests, lost, failed, folder):
    errors = sum(count for status, count in statuses.items() if status >= 500)
    print(f"{state['caller']}: {sum(statuses.values())} calls, {len(sent)} distinct, made of {len(requests)} requests, "
          f"{errors} of them 5xx, {lost} without a response; by status: {dict(sorted(statuses.items()))}")
    print("\n".join(failed), flush=True)
    with open(f"{folder}/calls.json", "w") as file:
        json.dump({name: dict(counts) for name, counts in operations.items()}, file, indent=1)
    return errors + lost


def main(folder, calls, recording):
    with open(f"{folder}/caller.json") as file:
        state = json.load(file)
    with open(recording) as file:
        requests = list({line: json.loads(line) for line in file}.values())
    server = Server(os.environ["OPENAPI_ADDRESS"])
    account, connection = Account(server, state), Server(os.environ["OPENAPI_ADDRESS"]).connection
    choice = random.Random(state["caller"])
    statuses, operations, lost = collections.Counter(), collections.defaultdict(collections.Counter), 0
    failed, sent = [], set()
    by_operation = collections.defaultdict(list)
    for request in requests:
        by_operation[request[0], request[1]].append(request)
    while sum(statuses.values()) < calls:
        choice.shuffle(requests)
        for request in requests[:calls - sum(statuses.values())]:
            operation, method, target, headers, body = mix(request, by_operation[request[0], request[1]], choice)
            sent.add(hash((method, target, str(headers), body)))
            credentials = {"Cookie": f"convoke={state['cookie']}"} if "cookie" in state else {}
            if "access_token" in state:
                credentials = {"Authorization": f"Bearer {state['access_token']}"}
            call = f"{method} {target} {headers} {body!r}"
            target, body = from_placeholders(target, state), from_placeholders(body, state).encode("latin-1")
            start = time.monotonic()
            try:
                status, content = send(connection, method, target, headers | credentials, body)
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                lost += 1
                failed.append(f"{error!r}: {call}")
                continue
            statuses[status] += 1
            operations[operation][status] += 1
            if status >= 500:
                failed.append(f"{status} after {time.monotonic() - start:.1f} s: {call}: {content!r}")
            if status == 401 and "cookie" in state and server.status(state["cookie"]) == 401:
                state["cookie"] = server.sign_in(state["person"])
            if sum(statuses.values()) % CALLS_BETWEEN_RESTORES == 0:
                account.restore()
                if "PROGRESS" in os.environ and sum(statuses.values()) % 5000 == 0:
                    report(state, statuses, operations, sent, requests, lost, failed, folder)
                if "access_token" in state:
                    state["access_token"] = server.access_token()
    errors = report(state, statuses, operations, sent, requests, lost, failed, folder)
    sys.exit(errors > 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
