"""A desk at which letters are written, without a store: an agency's folder and one request. Everything is invented."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from social_archive.archive import Archive, open_archive
from social_archive.foia import letters
from social_archive.foia.dispositions import FrozenSearch, Hit, Item, Outcome, Reviewed, Term
from social_archive.foia.letters import Letter
from social_archive.foia.request_file import Event, RequestFile
from social_archive.foia.requests import Request, of_file

SANDBOX = Path(__file__).parents[4] / "include" / "sandbox" / "agency"
RECEIVED = date(2026, 11, 20)
ID = "ab" * 16
WHO = {"name": "Quentin Harrow (invented)", "email": "q.harrow@example.com", "address": "12 Sample Street\nWestmont"}
TEXT = "All comments about the parking lot, please."
DENIAL: dict[str, Any] = {
    "date": "2026-11-24",
    "denials": [
        {"code": "LOR 4(c)", "basis": "It tells of an illness (invented).", "record_type": "comment", "records": 3}
    ],
}


@dataclass(frozen=True)
class Desk:
    archive: Archive
    request: Request

    @property
    def folder(self) -> Path:
        return self.archive.agency.folder

    def draft(self, kind: str, reviewed: Reviewed | None = None, **facts: Any) -> Letter:
        given = {"date": "2026-11-24", **facts}
        return letters.draft(self.archive, self.request, kind, by="records", facts=given, reviewed=reviewed)


def desk(folder: Path, jurisdiction: str = "larkspur", *, kind: str | None = None, **who: Any) -> Desk:
    """The sample library's folder (its jurisdiction replaced), and a request."""
    shutil.copytree(SANDBOX, folder)
    path = folder / "agency.yaml"
    path.write_text(path.read_text().replace("jurisdiction: larkspur", f"jurisdiction: {jurisdiction}"))
    return Desk(open_archive(folder, state=folder / "state"), asked(kind, **who))


def asked(kind: str | None = None, **who: Any) -> Request:
    """A request that was received on `RECEIVED`, and classified."""
    details = {"requester": {**WHO, **who}, "text": TEXT}
    events = [event("received", {"number": "2026-014", "received": RECEIVED.isoformat(), "how": "email"}, details)]
    if kind is not None:
        events.append(event("classified", {"kind": kind}, {"reason": "It says so itself (invented)."}))
    return of_file(RequestFile(tuple(events)))


def event(what: str, told: Mapping[str, Any], details: Mapping[str, Any] | None = None, *, gone: bool = False) -> Event:
    body = b"" if gone else json.dumps({"details": dict(details or {})}).encode()
    return Event(f"{what:0<32}"[:32], ID, what, 1, datetime(2026, 11, 20, tzinfo=UTC), "records", "cli", told, "", body)


def reviewed(*outcomes: Outcome, terms: tuple[str, ...] = ()) -> Reviewed:
    """A review in which each hit ended like this; nothing of it needs a store."""
    items = tuple(Item(Hit(n, f"{n:032x}", (1,)), f"LPL-{n:04d}", outcome, certificate="2026-0004")
                  for n, outcome in enumerate(outcomes, 1))  # fmt: skip
    search = FrozenSearch("e", 1, {}, 10, 20, 1204, tuple(item.hit for item in items))
    return Reviewed(ID, "2026-014", search, items, tuple(Term(one, "LOR 4(a)", "x") for one in terms), "00" * 32)


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
