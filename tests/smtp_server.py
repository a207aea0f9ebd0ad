"""A mail server for tests: speaks enough SMTP (RFC 5321) to take letters over a real socket, and keeps them."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage


@dataclass
class Letter:
    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        body = self.message.get_body(("html", "plain"))
        return body.get_content() if body else ""


class Mailbox(socketserver.ThreadingTCPServer):
    """`letters` are those that were taken, in order."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: list[Letter] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        sender, recipients = "", list[str]()
        self._say("220 tests.example")
        while line := self.rfile.readline():
            words = line.decode().strip()
            verb = words[:4].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            if verb == "MAIL":
                sender, recipients = _address(words), []
            elif verb == "RCPT":
                recipients.append(_address(words))
            elif verb == "DATA":
                self._say("354 go on")
                message = email.message_from_bytes(self._data(), policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                self.server.letters.append(Letter(sender, recipients, message))
            self._say("250 tests.example" if verb in ("EHLO", "HELO") else "250 ok")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
