"""HTTP/1.1 over sockets: connections that are kept open, and many requests that are sent at the same moment."""
import json
import socket
import time


class Disconnected(Exception):
    """The connection ended, or was not opened, without a whole response."""


class Response:
    def __init__(self, status, head, body):
        self.status, self.head, self.body = status, head, body

    def json(self):
        return json.loads(self.body or b"null")


def encode(method, path, body=None, cookie="", key=None):
    """The bytes of a request."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", f"content-length: {len(data)}"]
    if body is not None:
        lines.append("content-type: application/json")
    if cookie:
        lines.append(f"cookie: {cookie}")
    if key:
        lines.append(f"idempotency-key: {key}")
    return "\r\n".join([*lines, "", ""]).encode() + data


class Connection:
    """One connection to a node; opened when it is needed, and again after it has ended."""

    def __init__(self, port, timeout=40):
        self.port, self.timeout = port, timeout
        self.socket = None
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def send(self, data):
        try:
            if not self.socket:
                self.socket = socket.create_connection(("127.0.0.1", self.port), self.timeout)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(data)
        except OSError as error:
            self.close()
            raise Disconnected(str(error)) from None

    def receive(self):
        """Reads one response."""
        try:
            head = self.read_head()
            status = int(head.split(b" ", 2)[1])
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            if fields.get(b"transfer-encoding") == b"chunked":
                body = self.read_chunks()
            else:
                body = self.read_exactly(int(fields.get(b"content-length", 0)))
        except OSError as error:
            self.close()
            raise Disconnected(str(error)) from None
        except Disconnected:
            self.close()
            raise
        if fields.get(b"connection") == b"close":
            self.close()
        return Response(status, head, body)

    def read_more(self):
        data = self.socket.recv(65536) if self.socket else b""
        if not data:
            raise Disconnected("end of the connection")
        self.buffer += data

    def read_until(self, end):
        while end not in self.buffer:
            self.read_more()
        text, self.buffer = self.buffer.split(end, 1)
        return text

    def read_head(self):
        return self.read_until(b"\r\n\r\n")

    def read_exactly(self, count):
        while len(self.buffer) < count:
            self.read_more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_chunks(self):
        data = b""
        while size := int(self.read_until(b"\r\n"), 16):
            data += self.read_exactly(size)
            self.read_until(b"\r\n")
        self.read_until(b"\r\n")
        return data

    def get(self, path, cookie=""):
        self.send(encode("GET", path, cookie=cookie))
        return self.receive()

    def call(self, method, path, body=None, cookie="", key=None):
        """Calls the API."""
        self.send(encode(method, f"/api/v1{path}", body, cookie, key))
        return self.receive()


class ConcurrentClients:
    """Connections, to the nodes in turn, whose requests arrive at the same moment: all but the last byte of each is
    sent first, then the last bytes."""

    def __init__(self, ports, count):
        self.connections = [Connection(ports[number % len(ports)]) for number in range(count)]

    def fire(self, requests):
        """Sends so many requests, as encoded, and returns the responses in their order."""
        pairs = list(zip(self.connections, requests))
        assert len(pairs) == len(requests)
        for connection, request in pairs:
            connection.send(request[:-1])
        # The first parts have been read when the last bytes arrive.
        time.sleep(0.001)
        for connection, request in pairs:
            connection.send(request[-1:])
        return [connection.receive() for connection, _ in pairs]

    def close(self):
        for connection in self.connections:
            connection.close()
