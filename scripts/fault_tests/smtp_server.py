"""An SMTP server that injects faults, a process of its own. It adds a line of JSON to a journal for each message.

    python3 -m fault_tests.smtp_server PORT JOURNAL '{"percent": 20, "max_connections": 0, "delay": 0.0, "seed": 1}'

The faults, of so many percent of the attempts: 4xx at RCPT or after the message, 5xx after the message, the connection
closed before or after the message, a slow reply. From the fourth attempt on every message is accepted, so that a run
ends: the sender waits longer after each failure. `delay` is how many seconds each reply to a message takes.
"""
import asyncio
import collections
import contextlib
import json
import random
import signal
import sys

# More than a line of a message.
MAX_LINE = 1 << 20
FAULTY_ATTEMPTS = 3
# One slow reply in so many comes after the sender has given up.
LATE = 25
LATE_SECONDS = 27.0

FAULTS = ["deferred_recipient", "deferred", "rejected", "closed_before", "closed_after", "slow"]


class Closed(Exception):
    """The connection is closed without a reply."""


class Server:
    def __init__(self, journal, percent=0, max_connections=0, delay=0.0, seed=0):
        self.journal = open(journal, "a", encoding="utf-8", buffering=1)  # pylint: disable=consider-using-with
        self.percent, self.max_connections, self.delay = percent, max_connections, delay
        self.random = random.Random(seed)
        self.attempts = collections.Counter()
        self.open = 0

    def select(self, recipient):
        """The fault of the next attempt to this recipient, or None."""
        self.attempts[recipient] += 1
        if self.attempts[recipient] > FAULTY_ATTEMPTS or self.random.random() * 100 >= self.percent:
            return None
        return self.random.choice(FAULTS)

    def record(self, recipient, message, fault, is_stored):
        """Written before the reply, as by a server that stores a message before it takes responsibility for it."""
        id = next((line.split(b":", 1)[1].strip().decode() for line in message.split(b"\r\n")
                   if line.lower().startswith(b"message-id:")), "")
        self.journal.write(json.dumps({"to": recipient, "id": id, "fault": fault, "stored": is_stored}) + "\n")

    async def serve(self, reader, writer):
        self.open += 1
        try:
            if self.max_connections and self.open > self.max_connections:
                await reply(writer, "421 4.7.0 Too many connections from your host")
                self.journal.write(json.dumps({"to": None, "fault": "too_many", "stored": False}) + "\n")
                return
            await self.talk(reader, writer)
        except (Closed, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def talk(self, reader, writer):
        recipient = fault = None
        await reply(writer, "220 faults")
        while line := (await reader.readline()).decode(errors="replace").strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                await reply(writer, "250-faults\r\n250 8BITMIME")
            elif verb == "RCPT":
                recipient = line[line.find("<") + 1:line.rfind(">")]
                fault = self.select(recipient)
                if fault == "deferred_recipient":
                    self.record(recipient, b"", fault, False)
                    await reply(writer, "450 4.2.1 Try again later")
                else:
                    await reply(writer, "250 ok")
            elif verb == "DATA":
                await reply(writer, "354 go ahead")
                if fault == "closed_before":
                    self.record(recipient, b"", fault, False)
                    raise Closed
                await self.take(writer, recipient, await reader.readuntil(b"\r\n.\r\n"), fault)
            elif verb == "QUIT":
                await reply(writer, "221 bye")
                return
            else:
                await reply(writer, "250 ok")

    async def take(self, writer, recipient, message, fault):
        if self.delay:
            await asyncio.sleep(self.delay)
        if fault == "slow":
            is_late = self.random.randrange(LATE) == 0
            fault = "late" if is_late else "slow"
            # Stored first: a sender that does not wait for the reply sends it again.
            self.record(recipient, message, fault, True)
            await asyncio.sleep(LATE_SECONDS if is_late else self.random.uniform(0.2, 2))
            await reply(writer, "250 taken")
            return
        self.record(recipient, message, fault, fault in (None, "closed_after"))
        if fault == "closed_after":
            raise Closed
        await reply(writer, {"deferred": "451 4.3.0 Not now", "rejected": "550 5.1.1 No such mailbox"}.get(
            fault, "250 taken"))


async def reply(writer, text):
    writer.write(text.encode() + b"\r\n")
    await writer.drain()


async def main():
    server = Server(sys.argv[2], **json.loads(sys.argv[3]))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", int(sys.argv[1]), limit=MAX_LINE)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    listener.close()


if __name__ == "__main__":
    asyncio.run(main())
