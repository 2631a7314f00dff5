#!/usr/bin/env python3
"""A mail server for measurements: accepts every message after a delay and counts them, stores none.

    python3 slow_smtp.py --delay 20 --connections 50       prints its port; SIGTERM ends it

Several messages may be sent on one connection, and commands together (RFC 2920). Two commands of its own are for the
measurement: `XCOUNT` replies with the number of messages so far, `XRATE first last` with the messages per second
between two of them, which are numbered from 1. On 127.0.0.1 only; standard library only.
"""
import argparse
import asyncio
import signal
import time

REPLIES = {b"NOOP": b"250 OK\r\n", b"RSET": b"250 OK\r\n", b"MAIL": b"250 OK\r\n", b"RCPT": b"250 OK\r\n",
           b"HELO": b"250 localhost\r\n", b"VRFY": b"252 OK\r\n", b"QUIT": b"221 Bye\r\n",
           b"DATA": b"354 End with a dot\r\n",
           b"EHLO": b"250-localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 26214400\r\n"}
END = b"\r\n.\r\n"


class Server:
    """What the connections share."""

    def __init__(self, delay, connections):
        self.delay, self.connections = delay, connections
        self.open = 0
        # When each message was accepted, in seconds.
        self.times = []

    def rate(self, first, last):
        """Messages per second between two messages; 0 where there are none in between."""
        last = min(last, len(self.times))
        seconds = self.times[last - 1] - self.times[first - 1] if first < last else 0
        return (last - first) / seconds if seconds else 0


class Connection(asyncio.Protocol):
    """One connection. Commands that arrive during the delay wait for its end."""

    def __init__(self, server):
        self.server = server
        self.transport = None
        self.buffer = b""
        # Whether the text of a message is read, and whether its delay runs.
        self.is_text = self.is_waiting = self.is_counted = False

    def connection_made(self, transport):
        self.transport = transport
        if self.server.open >= self.server.connections:
            transport.write(b"421 4.7.0 Too many connections\r\n")
            transport.close()
            return
        self.server.open += 1
        self.is_counted = True
        transport.write(b"220 localhost\r\n")

    def connection_lost(self, error):
        if self.is_counted:
            self.server.open -= 1

    def data_received(self, data):
        self.buffer += data
        self.read()

    def read(self):
        while not self.is_waiting and self.buffer:
            if self.is_text:
                # A message without text is a dot alone.
                end = -2 if self.buffer.startswith(b".\r\n") else self.buffer.find(END)
                if end == -1:
                    return
                self.buffer = self.buffer[end + len(END):]
                self.is_text, self.is_waiting = False, True
                if self.server.delay:
                    asyncio.get_running_loop().call_later(self.server.delay, self.accept)
                else:
                    self.accept(reading=True)
            else:
                line, end, rest = self.buffer.partition(b"\r\n")
                if not end:
                    return
                self.buffer = rest
                self.command(line)

    def command(self, line):
        verb, *values = line.upper().split()[:3] or [b""]
        reply = REPLIES.get(verb, b"502 Unknown command\r\n")
        if verb == b"XCOUNT":
            reply = b"250 %d\r\n" % len(self.server.times)
        elif verb == b"XRATE":
            reply = b"250 %.1f\r\n" % self.server.rate(*map(int, values))
        self.is_text = verb == b"DATA"
        self.transport.write(reply)
        if verb == b"QUIT":
            self.transport.close()

    def accept(self, reading=False):
        self.is_waiting = False
        if self.transport.is_closing():
            return
        self.server.times.append(time.monotonic())
        self.transport.write(b"250 OK\r\n")
        if not reading:
            self.read()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--delay", type=float, default=0, help="milliseconds for each message")
    parser.add_argument("--connections", type=int, default=100, help="further ones are rejected with 421")
    options = parser.parse_args()
    server = Server(options.delay / 1000, options.connections)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Connection(server), "127.0.0.1", options.port)
    print(listener.sockets[0].getsockname()[1], flush=True)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main())
