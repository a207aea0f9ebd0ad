"""The file of one request: everything that happened to it, in order, each with who, when and by what means.

An event is one ledger entry and one locked object. The ledger's note holds ids, dates, counts and names of staff; what
was asked, by whom, what was searched for and what was written lies in the object, in the request's own cohort, and dies
with it. Nothing is ever changed: the state of a request is what its events add up to (`requests.py`, `review.py`).

While a request is open its cohort waits; closing it starts the clock of its item in the retention schedule.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from social_archive.accession import describe, seal
from social_archive.crash import crash_point
from social_archive.errors import ArchiveError, LedgerError, NotFound
from social_archive.ledger import EMPTY, Draft, HeadMoved
from social_archive.record import canonical, new_rid
from social_archive.retention.people import acting
from social_archive.series import OPEN, Facts
from social_archive.store import ObjectRef

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

CLASS: Final = "request"
BUNDLE: Final = "bundle"
AREAS: Final = {CLASS: "requests/", BUNDLE: "bundles/"}
FORMAT: Final = "social-records-archive/request-event/v1"
PREFIX: Final = "request."
RECEIVED: Final = "received"
LARGEST: Final = 32_000_000
"""Bytes of all attachments of one event."""

WHATS: Final = (
    RECEIVED, "classified", "extended", "agreed", "asked", "clarified", "conferred", "fees", "communication", "letter",
    "answered", "searched", "coverage", "disposition", "undone", "redone", "confirmed", "built", "approved", "refused",
    "delivered", "closed",
)  # fmt: skip
"""What can happen to a request. Each has its place in the module that says it."""


class RequestRefused(ArchiveError):
    """What was asked for is not in order. Nothing was written."""

    remedy = "See `archive foia --help`; `archive foia show NUMBER` shows the request's file."


@dataclass(frozen=True)
class Attachment:
    """A file that belongs to an event: the letter that was sent, the e-mail that came."""

    name: str
    mime: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Event:
    """One thing that happened. `what` without its prefix; `n`, `time`: of its ledger entry; `told`: what the ledger
    says of it. `details` and `attachments` lie in its object; `gone`: that was destroyed with the request's cohort.
    """

    id: str
    request: str
    what: str
    n: int
    time: datetime
    by: str
    via: str
    told: Mapping[str, Any]
    sha256: str
    body: bytes = field(repr=False)

    @property
    def gone(self) -> bool:
        return not self.body

    @cached_property
    def _read(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body) if self.body else {}
        return read

    @property
    def details(self) -> dict[str, Any]:
        found: dict[str, Any] = self._read.get("details", {})
        return found

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return tuple(Attachment(one["name"], one["mime"], base64.b64decode(one["base64"]))
                     for one in self._read.get("files", ()))  # fmt: skip


@dataclass(frozen=True)
class RequestFile:
    """All events of one request, oldest first. The first is its receipt."""

    events: tuple[Event, ...]

    @property
    def id(self) -> str:
        return self.events[0].request

    @property
    def number(self) -> str:
        return str(self.events[0].told["number"])

    @property
    def closed(self) -> bool:
        return bool(self.all("closed"))

    @property
    def gone(self) -> bool:
        """Destroyed on schedule: only what the ledger says of it is left."""
        return self.events[0].gone

    def all(self, *whats: str) -> list[Event]:
        return [event for event in self.events if event.what in whats]

    def last(self, *whats: str) -> Event | None:
        found = self.all(*whats)
        return found[-1] if found else None


# --------------------------------------------------------------------------- reading


def every(archive: Archive) -> list[RequestFile]:
    """The files of all requests in the order of their receipt, as far as the catalog has followed the ledger."""
    return archive.catalog.reading(lambda: _every(archive, None))


def read(archive: Archive, reference: str) -> RequestFile:
    """The file of a request, by its number or its id (or the first eight or more digits of it). Raises NotFound."""
    request = resolve(archive, reference)
    (found,) = archive.catalog.reading(lambda: _every(archive, request))
    return found


def resolve(archive: Archive, reference: str) -> str:
    """The id behind a number or (the beginning of) an id. Raises NotFound."""
    wanted = reference.strip()
    received = archive.catalog.walks.notes(PREFIX + RECEIVED)
    found = {note["request"] for note in received
             if note["number"] == wanted or (len(wanted) >= 8 and note["request"].startswith(wanted))}  # fmt: skip
    if len(found) != 1:
        raise NotFound("There is no request with this number." if not found else "Several requests fit this id.",
                       remedy="`archive foia list` shows all requests.")  # fmt: skip
    return str(found.pop())


def numbers(archive: Archive) -> list[str]:
    """The numbers of all requests that were ever received."""
    return [note["number"] for note in archive.catalog.walks.notes(PREFIX + RECEIVED)]


def _every(archive: Archive, request: str | None) -> list[RequestFile]:
    notes = [(what, note) for what in WHATS for note in archive.catalog.walks.notes(PREFIX + what)
             if request in (None, note["request"])]  # fmt: skip
    notes.sort(key=lambda one: one[1]["n"])
    objects = {o.sha256: o for o in archive.catalog.objects(CLASS)}
    by_request: dict[str, list[Event]] = {}
    for what, note in notes:
        by_request.setdefault(note["request"], []).append(_event(archive, what, note, objects))
    return [RequestFile(tuple(events)) for events in by_request.values()]


_OWN: Final = ("request", "event", "by", "via", "object", "n", "time")


def _event(archive: Archive, what: str, note: dict[str, Any], objects: Mapping[str, CatalogObject]) -> Event:
    located = objects.get(note["object"])
    body = b"" if located is None else archive.mirror.path(located).read_bytes()
    told = {name: value for name, value in note.items() if name not in _OWN}
    return Event(note["event"], note["request"], what, note["n"], datetime.fromisoformat(note["time"]).astimezone(UTC),
                 note["by"], note["via"], told, note["object"], body)  # fmt: skip


# --------------------------------------------------------------------------- writing


def append(
    archive: Archive, request: str, what: str, *, by: str, via: str, details: Mapping[str, Any],
    told: Mapping[str, Any] | None = None, files: Sequence[Attachment] = (), id: str | None = None,
    bundle: ObjectRef | None = None, check: Callable[[RequestFile], None] | None = None,
    may: Callable[[], None] | None = None, unattended: bool = False,
) -> Event:  # fmt: skip
    """Enter one event into the file of a request (`request`: its id; a new one for `received`).

    `told` goes into the ledger and outlives the request: no personal data. `details` (JSON) and `files` lie in the
    object. `check` is asked at the head of the ledger at which the event is appended, with the file as it is there, and
    raises if it must not happen any more; `may` likewise, where there is no file yet. `bundle`: an object that was put
    already and belongs to the event. `id` (32 hex digits): a second call with it writes nothing. Raises RequestRefused,
    NotFound: then nothing was written.
    """
    if what not in WHATS:
        raise ValueError(f"no event is called {what!r}")
    if sum(len(one.body) for one in files) > LARGEST:
        raise RequestRefused(f"These files are larger than {LARGEST // 1_000_000} MB together.",
                             remedy="Keep them elsewhere and name the place.")  # fmt: skip
    by = acting(archive, by, RequestRefused, unattended=unattended or via == "airflow")
    event, head = id or new_rid(), archive.catalog.catch_up()
    began = (head or EMPTY).n
    if (done := _done(archive, request, what, event)) is not None:
        return done
    series, cutoff = _folder(archive, request)
    body = canonical({
        "format": FORMAT, "request": request, "event": event, "what": what, "by": by, "via": via,
        "details": dict(details), "nonce": secrets.token_hex(32),
        "files": [{"name": f.name, "mime": f.mime, "base64": base64.b64encode(f.body).decode()} for f in files],
    })  # fmt: skip
    key = f"{AREAS[CLASS]}series={series}/cutoff={cutoff}/{uuid.uuid4().hex}.json"
    ref = archive.store.put(key, body, content_type="application/json")
    until = archive.schedule.until(series, cutoff)
    objects = [describe(ref, cls=CLASS, rows=0, retain_until=until)]
    if bundle is not None:
        objects.append(describe(bundle, cls=BUNDLE, rows=0, retain_until=until))
    crash_point("request-event-written")
    note = {"request": request, "event": event, "by": by, "via": via, "object": ref.sha256, **(told or {})}
    draft = Draft(PREFIX + what, archive.txn(PREFIX + what, request, event), objects=objects, note=note)
    while True:
        try:
            if (done := _done(archive, request, what, event)) is not None:
                archive.store.delete_version(ref.key, ref.version_id)
                return done
            if may is not None:
                may()
            if check is not None and what != RECEIVED:
                check(read(archive, request))
            entry = archive.ledger.append(draft, head or EMPTY, since=began)
        except HeadMoved:
            head = archive.catalog.catch_up()
            continue
        except ArchiveError:
            archive.store.delete_version(ref.key, ref.version_id)
            raise
        break
    crash_point("request-event-committed")
    archive.mirror.keep(key, body)
    archive.catalog.catch_up()
    seal(archive, entry.header["objects"])
    return next(one for one in read(archive, request).events if one.id == event)


def folder_of(archive: Archive, request: str) -> str:
    """The cohort's part of the key of everything that belongs to a request: `series=…/cutoff=…/`."""
    series, cutoff = _folder(archive, request)
    return f"series={series}/cutoff={cutoff}/"


def _done(archive: Archive, request: str, what: str, event: str) -> Event | None:
    told = (note for note in archive.catalog.walks.notes(PREFIX + what) if note["event"] == event)
    if next(told, None) is None:
        return None
    return next(one for one in read(archive, request).events if one.id == event)


def _folder(archive: Archive, request: str) -> tuple[str, str]:
    """(series, cut-off) in which the file of a request lies; for a new one, where it will wait until it is closed."""
    for note in archive.catalog.walks.notes(PREFIX + RECEIVED):
        if note["request"] == request:
            located = next((o for o in archive.catalog.objects(CLASS) if o.sha256 == note["object"]), None)
            if located is None:
                raise RequestRefused("This request was destroyed on schedule. Nothing can be added to it.")
            return located.series, located.cutoff
    started = int(datetime.now(UTC).timestamp() * 1_000_000)
    return archive.schedule.assign(Facts("", "", KIND, started)).cohort.series, OPEN


KIND: Final = "request"
"""How a rule of the retention schedule names requests (`kind: request`)."""


def objects_of(archive: Archive, file: RequestFile) -> list[CatalogObject]:
    """Every object of a request: of its events, and its bundles."""
    own = {event.sha256 for event in file.events}
    bundles = {event.told.get("sha256") for event in file.all("built")}
    found = [o for o in archive.catalog.objects(CLASS) if o.sha256 in own]
    if len(found) < len(own) and not file.gone:
        raise LedgerError("The ledger names a part of a request that the archive does not hold.",
                          remedy="Run `archive audit`.")  # fmt: skip
    return found + [o for o in archive.catalog.objects(BUNDLE) if o.sha256 in bundles]
