"""A request as it came, an e-mail or a text file, made into what `requests.receive` takes.

The file is kept byte for byte as the original, with whatever is attached to it. What is read of it is its own text, who
sent it and when it came; attachments are not opened. Whatever an e-mail holds, reading it ends with a request or a
sentence for a person: nothing in it is trusted, all of it is capped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from email.utils import parseaddr, parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

from social_archive.foia import answers
from social_archive.foia.alerts import of_archive
from social_archive.foia.clock import received_on
from social_archive.foia.request_file import Attachment, RequestRefused
from social_archive.foia.requests import LONGEST, How, Incoming, Request, Requester, every, today
from social_archive.search import Search

if TYPE_CHECKING:
    from social_archive.archive import Archive

LARGEST: Final = 20_000_000
"""Bytes of one file that is taken in."""

DayFrom = Literal["given", "received", "date", "today"]
"""Where the day of receipt is from: a person; the stamp of the body's own mail server; the sender's word; nowhere."""

_OLDEST: Final = timedelta(days=366)
_LONGEST_HEADER: Final = 2_000
_LONGEST_NAME: Final = 200
_LONGEST_MARKUP: Final = 2_000_000
_MOST_PARTS: Final = 500
_MOST: Final = {re.compile(rb"\n"): 500_000, re.compile(rb"\n--"): 4_000, re.compile(rb"(?i)boundary[\s*0-9]*="): 40}
"""Lines, beginnings of parts, levels: the parser's time is their product, and no person's message has so many."""

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS: Final = re.compile(r"[^\s@<>\"(),;:\[\]\\]{1,64}@[A-Za-z0-9.\-\u0080-\uffff]{1,255}")


@dataclass(frozen=True)
class Mail:
    """What was read of an e-mail. `arrived`: by the stamp named in `arrived_from`. `attached`: files, not opened."""

    requester: Requester
    subject: str = field(repr=False)
    text: str = field(repr=False)
    arrived: datetime | None
    arrived_from: DayFrom
    attached: int


@dataclass(frozen=True)
class Taken:
    """A request ready to be received, and what a person should know of how it was read."""

    incoming: Incoming
    day_from: DayFrom
    attached: int


# --------------------------------------------------------------------------- taking in


def take(
    archive: Archive, body: bytes, *, email: bool, received: date | None = None, how: How | None = None,
    requester: Requester | None = None, comment: str | None = None,
) -> Taken:  # fmt: skip
    """Make a request from a file: an e-mail, or a text. What is given wins over what the file says.

    Raises RequestRefused if there is nothing in it that can be a request.
    """
    if len(body) > LARGEST:
        raise RequestRefused(
            f"This file is larger than {LARGEST // 1_000_000} MB, so it was not taken in.",
            remedy="Save the message without its attachments, or enter its words: --text.",
        )
    mail = read_mail(body) if email else Mail(Requester(""), "", clean(decoded(body, None)), None, "today", 0)
    text = f"Subject: {mail.subject}\n\n{mail.text}" if mail.subject and mail.text else mail.text
    if not text.strip():
        raise RequestRefused("No words of a request were found in this file.",
                             remedy="Open it, and enter what was asked for, word for word: --text.")  # fmt: skip
    if len(text) > LONGEST:
        raise RequestRefused(f"This request has more than {LONGEST:,} characters.",
                             remedy="Enter what it asks for with --text.")  # fmt: skip
    day, day_from = _day(archive, mail, received)
    original = (Attachment("request.eml", "message/rfc822", body) if email
                else Attachment("request.txt", "text/plain", body))  # fmt: skip
    incoming = Incoming(
        received=day,
        how=how or ("email" if email else "other"),
        requester=_merged(mail.requester, requester),
        text=text,
        files=(original,),
        comment=comment,
    )
    return Taken(incoming, day_from, mail.attached)


def _merged(read: Requester, given: Requester | None) -> Requester:
    said = {} if given is None else {name: value for name, value in vars(given).items() if value}
    return replace(read, **said)


def _day(archive: Archive, mail: Mail, given: date | None) -> tuple[date, DayFrom]:
    now = today(archive)
    if given is not None:
        return given, "given"
    if mail.arrived is None:
        return now, "today"
    try:
        day = mail.arrived.astimezone(ZoneInfo(archive.agency.body.time_zone)).date()
    except (ValueError, OverflowError):
        return now, "today"
    if not now - _OLDEST <= day <= now:
        when = "a day in the future" if day > now else f"{day}, more than a year ago"
        raise RequestRefused(f"By its own stamp this message is of {when}.",
                             remedy="Give the day on which it came: --received YYYY-MM-DD.")  # fmt: skip
    return day, mail.arrived_from


# --------------------------------------------------------------------------- an e-mail


class _Capped(EmailPolicy):
    """The standard policy, but no header is longer than a person would write, and none that it cannot read stops it."""

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        short = value if hasattr(value, "name") else str(value)[:_LONGEST_HEADER]
        try:
            return super().header_fetch_parse(name, short)
        except Exception:  # the parser of the standard library raises whatever its grammar stumbles over
            return super().header_fetch_parse(name, "")


_POLICY: Final = _Capped(utf8=True, raise_on_defect=False, max_line_length=None, linesep=policy.default.linesep)


def read_mail(body: bytes) -> Mail:
    """What an e-mail says. Raises RequestRefused for one that no program can take apart."""
    unreadable = RequestRefused(
        "This file could not be read as an e-mail. It was not taken in.",
        remedy="Open it in a mail program, and enter its words: --text.",
    )
    if any(sum(1 for _ in sign.finditer(body)) > most for sign, most in _MOST.items()):
        raise unreadable
    try:
        message: Any = BytesParser(policy=_POLICY).parsebytes(body)
    except Exception:  # hostile nesting ends in RecursionError, hostile headers in anything
        raise unreadable from None
    arrived, arrived_from = _arrived(message)
    parts = list(_parts(message))
    return Mail(
        requester=_sender(message), subject=_one_line(_header(message, "subject")), text=_text(parts),
        arrived=arrived, arrived_from=arrived_from, attached=sum(_is_attached(part) for part in parts),
    )  # fmt: skip


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The leaves of the message, the outer ones first; a message inside of another is an attachment, not opened."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            inner: Any = part.get_payload()
            waiting[:0] = list(islice(inner, _MOST_PARTS))
        else:
            yield part


def _is_attached(part: EmailMessage) -> bool:
    return part.get_content_maintype() not in ("text", "multipart") or _disposition(part) == "attachment"


def _disposition(part: EmailMessage) -> str:
    return _header(part, "content-disposition").partition(";")[0].strip().lower()


def _text(parts: list[EmailMessage]) -> str:
    """Its plain text; of one that has only markup, the text of that."""
    from social_archive.policy.notice.page import readable

    own = [part for part in parts if not _is_attached(part)]
    for wanted in ("text/plain", "text/html"):
        found = [_content(part) for part in own if part.get_content_type() == wanted]
        if wanted == "text/html":
            found = [readable(markup[:_LONGEST_MARKUP]) for markup in found]
        text = "\n\n".join(one for one in map(clean, found) if one)
        if text:
            return text
    return ""


def _content(part: EmailMessage) -> str:
    try:
        payload: Any = part.get_payload(decode=True)
        charset = part.get_content_charset()
    except Exception:  # broken encodings of the transfer
        payload, charset = str(part.get_payload()).encode("utf-8", "replace"), None
    return decoded(payload if isinstance(payload, bytes) else b"", charset)


def decoded(body: bytes, charset: str | None) -> str:
    """Bytes as text: in the charset that they claim, else UTF-8 (or -16, if they say so), else Latin-1. Never fails."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    for name in (charset, "utf-8-sig"):
        try:
            return body.decode(name or "utf-8-sig")
        except (LookupError, ValueError):  # ValueError: an embedded NUL in the name, or bytes that are none of it
            continue
    return body.decode("latin-1")


def clean(text: str) -> str:
    """Line ends as everywhere, and no characters that steer a screen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _CONTROLS.sub("", "\n".join(line.rstrip() for line in lines)).strip()


# --------------------------------------------------------------------------- who, and when


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name) or "")
    except Exception:  # see _Capped
        return ""


def _one_line(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", text).split())[:_LONGEST_NAME]


def _sender(message: EmailMessage) -> Requester:
    """The name and the address in `From`, as the sender wrote them."""
    name, address = parseaddr(_header(message, "from"))
    shown, found = _one_line(name), _ADDRESS.fullmatch(address.strip())
    return Requester(name=shown or (found.group() if found else ""), email=found.group() if found else None)


def _arrived(message: EmailMessage) -> tuple[datetime | None, DayFrom]:
    """When it came: by the topmost stamp of a mail server, which is the body's own; else as the sender dates it."""
    stamped = _moment(_header(message, "received").rpartition(";")[2])
    if stamped is not None:
        return stamped, "received"
    dated = _moment(_header(message, "date"))
    return (dated, "date") if dated is not None else (None, "today")


def _moment(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


# --------------------------------------------------------------------------- a comment that is a request


def from_comment(
    archive: Archive, rid: str, *, text: str = "", received: date | None = None, requester: Requester | None = None
) -> Incoming:  # fmt: skip
    """A request that somebody posted: its words, its author, and the day on which it was posted, unless given.

    Raises NotFound for a record that is not there; RequestRefused if it is a request already.
    """
    with closing(Search.of(archive)) as search:
        row = search.thing(rid)
    identity = str(row["rid"])
    taken = next((one for one in every(archive) if one.comment == identity), None)
    if taken is not None:
        raise RequestRefused(f"This comment is request {taken.number} already.",
                             remedy=f"`archive foia show {taken.number}` shows it.")  # fmt: skip
    moment = row["created_at"] if row["created_at"] is not None else row["observed_at"]
    day = received or received_on(moment, archive.agency.body.time_zone)
    author = _one_line(str(row["author_name"] or row["author_handle"] or ""))
    return Incoming(received=day, how="comment", requester=_merged(Requester(name=author), requester),
                    text=text.strip() or clean(str(row["body"] or "")), comment=identity)  # fmt: skip


def answer_alert(archive: Archive, request: Request, *, by: str, via: str) -> bool:
    """Say of the possible request that this comment was found to be that it is one; False if none was raised.

    Said twice it is written once.
    """
    alert = next((one for one in of_archive(archive) if one.rid == request.comment), None)
    if alert is None:
        return False
    answers.answer(archive, alert.finding, verdict="request", by=by, via=via, number=request.number,
                   reason=f"Entered as request {request.number}.")  # fmt: skip
    return True
