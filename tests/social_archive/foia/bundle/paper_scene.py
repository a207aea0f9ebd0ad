"""An answer of forty records for the papers of a bundle, with all that people write in it. All of it is invented.

No store: `Contents` is made as the review and the redaction leave it. `SECRET` was cut: it stands in no input of a
paper, but in the stored row of the withheld record, from which the log takes kind, length and date.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from social_archive.config import Agency, FoiaConfig, load_agency
from social_archive.foia.bundle.model import Contents, Evidence, Options
from social_archive.foia.clock import Clock
from social_archive.foia.dispositions import (
    Cut,
    FrozenSearch,
    Hit,
    Item,
    Reviewed,
    ShownItem,
    ShownMedia,
    ShownVersion,
    Term,
    token,
)
from social_archive.foia.exemptions import Exemptions, load_exemptions
from social_archive.foia.request_file import Event, RequestFile
from social_archive.foia.requests import Request, Requester
from social_archive.foia.terms import Terms
from social_archive.law_foia import FoiaLaw, load_foia_law
from social_archive.record import COMMITTED, SCHEMA, canonical

AGENCY = Path(__file__).parents[4] / "include" / "sandbox" / "agency"
AT = datetime(2026, 6, 12, 15, 30, tzinfo=UTC)
DAY = datetime(2026, 4, 3, 15, 4, 5, tzinfo=UTC)
NUMBER = "2026-014"
SECRET = "Zelda Quillfeather"
PRIVATE, PRIVACY = "7(1)(b)", "7(1)(c)"

REQUEST = """Dear records officer,

please send me all comments about the parking lot from March to May 2026, with the library's own posts
on it, as they stand and as they stood before anybody edited or removed them.

I sell parking equipment; the answer will be used for that.
Quentin Harrow (invented) <q.harrow@example.com> =HYPERLINK("http://evil.example","x") \u202egnp.exe"""

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "<script>alert('parking')</script><img src=x onerror=alert(1)>",
    "Read it backwards: \u202eton si gnikrap\u202c and go on.",
    'Typst #eval("1") *bold* $x^2$ \\ @label <tag> // no comment',
    "https://example.org/" + "parking" * 40 + "?lot=" + "W" * 90,
    "null\x00byte, bell\x07, tab\tend\u2028line",
)
WORLD = (
    "Where is the parking lot? 👍🏽 👨‍👩‍👧 🚗",
    "موقف السيارات مغلق يوم الاثنين، أين نقف؟",
    "החניון סגור ביום שני",
    "停車場星期一關閉，我們該停在哪裡？",
    "Gdzie mam zaparkować? Żółć, naïve, Ελλάδα, Привет — “quoted”, 20 € … → there.",
)
LONG = "\n\n".join(
    f"Paragraph {n}. The parking lot has been my way to the library for {n + 10} years, and whoever closes it on a "
    "Monday has never carried a box of picture books through the rain. I ask the board to look at the plan again, to "
    "count the cars, and to say in public how many spaces there will be left." for n in range(1, 15)
)  # fmt: skip


def contents(*, load_files: bool = False, copies: int = 1) -> Contents:
    """The forty records; `copies` repeats them for figures."""
    agency, law, exemptions = _law()
    items: list[ShownItem] = []
    for n in range(copies):
        items += _threaded([_placed(item, n, place) for place, item in enumerate(_items(), len(items) + 1)])
    hits = tuple(item.item.hit for item in items)
    search = FrozenSearch(
        event="5e" * 16, n=412, terms=TERMS, position=413, size=20_418, searched=18_204, hits=hits, gaps=GAPS,
        disposed=DISPOSED, excluded=6, quarantined=2, hold="7a" * 16,
    )  # fmt: skip
    reviewed = Reviewed("ab" * 16, NUMBER, search, tuple(i.item for i in items),
                        (Term(SECRET, PRIVACY, "cd" * 16),), "9d" * 32)  # fmt: skip
    file = RequestFile(tuple(_events()))
    request = Request(
        file=file, received=date(2026, 6, 2), how="email", requester=Requester("Quentin Harrow (invented)",
        email="q.harrow@example.com", organisation="Harrow Barriers (invented)"), text=REQUEST, kind="commercial",
        kind_reason="The requester says that the records will be used to sell parking equipment.", status="open",
    )  # fmt: skip
    evidence = Evidence(
        origin="larkspur.example/social-records", size=20_431, root=b"\x11" * 32,
        checkpoint=f"larkspur.example/social-records\n20431\n{base64.b64encode(bytes(32)).decode()}\n\n- a note\n",
        vkey="larkspur.example/social-records+c0ffee00+invented", search=b"{}", search_entry=b"{}", records=b"",
    )  # fmt: skip
    return Contents(agency=agency, request=request, reviewed=reviewed, items=items, at=AT, confirmed=file.events[-1],
                    options=Options(load_files=load_files), evidence=evidence, law=law, exemptions=exemptions,
                    due=Clock.of(law).due(request.received, "commercial"))  # fmt: skip


@cache
def _law() -> tuple[Agency, FoiaLaw, Exemptions]:
    """The sample's library, as if it stood in Illinois."""
    agency = load_agency(AGENCY)
    body = agency.body.model_copy(update={"jurisdiction": "illinois"})
    agency = agency.model_copy(update={"foia": FoiaConfig(control_prefix="LPL"), "body": body})
    return agency, load_foia_law(agency, AT.date()), load_exemptions(agency, AT.date())


TERMS = Terms(accounts=("mastodon/larkspur", "mastodon/larkspur-kids"), since="2026-03-01", until="2026-05-31",
              all=("parking",), any=("lot", "garage"), none=("museum",)).to_dict()  # fmt: skip
GAPS: tuple[dict[str, Any], ...] = (
    {"rid": "0a" * 16, "platform": "mastodon", "account": "larkspur", "reason": "login_expired", "scope": "account",
     "from": "2026-04-11T06:00:00+00:00", "to": "2026-04-12T06:00:00+00:00", "closed": True},
    {"rid": "0b" * 16, "platform": "mastodon", "account": "larkspur", "reason": "thread_limit", "scope": "thread",
     "from": "2026-05-02T06:00:00+00:00", "to": None, "closed": False},
)  # fmt: skip
DISPOSED: tuple[dict[str, Any], ...] = (
    {"platform": "mastodon", "account": "larkspur", "month": "2026-03", "series": "comments", "records": 12,
     "disposal": "d1" * 16, "certificate": "2026-002"},
)  # fmt: skip


def _events() -> list[Event]:
    def event(what: str, n: int, at: datetime, told: dict[str, Any], by: str = "records") -> Event:
        body = canonical({"details": {}, "files": [], "what": what})
        return Event(f"{n:032x}" if what != "searched" else "5e" * 16, "ab" * 16, what, n, at, by, "cli", told,
                     hashlib.sha256(body).hexdigest(), body)  # fmt: skip

    return [
        event("received", 400, datetime(2026, 6, 2, 14, 2, 11, tzinfo=UTC), {"number": NUMBER, "received": "2026-06-02",
              "how": "email"}),
        event("classified", 401, datetime(2026, 6, 2, 14, 9, tzinfo=UTC), {"kind": "commercial"}),
        event("searched", 412, datetime(2026, 6, 4, 9, 12, 44, tzinfo=UTC), {"hits": 40}),
        event("confirmed", 430, AT, {"plan": "9d" * 32}, by="director"),
    ]  # fmt: skip


# --------------------------------------------------------------------------- records


def row(native_id: str, body: str | None, *, kind: str = "comment", under: str | None = "p1", minutes: int = 0,
        name: str | None = "Ada (invented)", handle: str | None = "ada", **more: Any) -> dict[str, Any]:  # fmt: skip
    at = DAY + timedelta(minutes=minutes)
    found: dict[str, Any] = dict.fromkeys(SCHEMA.names)
    found |= {
        "version": 1, "platform": "mastodon", "account": "larkspur", "kind": kind, "native_id": native_id,
        "parent_native_id": under, "root_native_id": "p1", "author_is_account": False, "author_name": name,
        "author_handle": handle, "body": body, "created_at": at, "state": "present", "links": [], "flags": [],
        "observed_at": at + timedelta(hours=3, minutes=7), "permalink": f"https://social.example/@{handle}/{native_id}",
        "http_date": "Fri, 03 Apr 2026 18:11:05 GMT", "endpoint": "https://social.example/api/v1/statuses",
        "adapter": "mastodon.3", "response_sha256": "e3" * 32,
    }  # fmt: skip
    return found | more


def version(shown: dict[str, Any], *, number: int = 1, cut: dict[str, tuple[str, ...]] | None = None,
            media: Sequence[ShownMedia] = ()) -> ShownVersion:  # fmt: skip
    cuts = dict(cut or {})
    if cuts:
        cuts.setdefault("native", next(iter(cuts.values())))
    native = None if cuts else json.dumps({"id": shown["native_id"], "content": shown["body"]}).encode()
    return ShownVersion(number, shown | {"version": number}, native, frozenset(COMMITTED) - frozenset(cuts), cuts,
                        tuple(media))  # fmt: skip


def shown_item(*versions: ShownVersion, answers: str | None = None, **more: Any) -> ShownItem:
    cut = any(v.cut for v in versions)
    codes = tuple(sorted({c for v in versions for cs in v.cut.values() for c in cs}))
    item = Item(Hit(0, "", tuple(v.version for v in versions)), "", "redacted" if cut else "released", codes=codes)
    return ShownItem(replace(item, **more), versions, answers=answers)


def _items() -> list[ShownItem]:
    library: dict[str, Any] = {"kind": "post", "under": None, "name": "Larkspur Public Library", "handle": "larkspur",
               "author_is_account": True}  # fmt: skip
    picture = ShownMedia(0, "image/png", "A map of the parking lot", "/nowhere/map.png", "aa" * 32, 48_120)
    secret = ShownMedia(1, "image/jpeg", None, None, None, 0, code=PRIVACY)
    phone = {PRIVATE: "The writer's own telephone number."}
    privacy = {PRIVACY: "Names a private person and says something about her health."}
    items = [
        shown_item(version(row("p1", "The parking lot closes on Monday. Read more: https://larkspur.example/parking",
                               links=["https://larkspur.example/parking"], **library), media=[picture])),
        shown_item(version(row("c1", "Where shall we park then? The parking lot is all we have.", minutes=1))),
        shown_item(version(row("c2", f"The parking lot floods. Call me: {token(PRIVATE)} or {token(PRIVATE)} any time",
                               under="c1", minutes=2, name="Bo (invented)", handle="bo"),
                           cut={"body": (PRIVATE,)}), reasons=phone,
                   cuts=(Cut(1, "body", 33, 47, PRIVATE, "e1" * 16), Cut(1, "body", 51, 80, PRIVATE, "e1" * 16))),
        _withheld(privacy),
        shown_item(version(row("c4", f"{token(PRIVACY)} is right about the parking lot, thank you {token(PRIVACY)}!",
                               under="c2", minutes=4, name=token(PRIVACY), handle=None) | dict.fromkeys(
                                   ("native_id", "parent_native_id", "root_native_id", "permalink")),
                           cut={"body": (PRIVACY,), "author": (PRIVACY,), "identity": (PRIVACY,)}, media=[secret]),
                   reasons=privacy, withheld_fields={"author": PRIVACY}, media={(1, 1): PRIVACY}, answers="c2"),
        shown_item(version(row("c5", "The parking lot is a discrace.", minutes=5)),
                   version(row("c5", "The parking lot is a disgrace.", minutes=5,
                               edited_at=DAY + timedelta(minutes=9)), number=2),
                   version(row("c5", None, minutes=5, state="deleted"), number=3)),
        shown_item(version(row("c6", "It was [REDACTED 7(1)(b)] nobody's fault, I typed that myself. Parking lot!",
                               minutes=6, state="hidden"))),
        shown_item(version(row("c7", LONG, minutes=7, name="Cy (invented)", handle="cy"))),
        shown_item(version(row("x1", "I said the same of the parking lot last year.", under="gone", minutes=8))),
        ShownItem(Item(Hit(0, "", (1,)), "", "disposed", certificate="2026-002"), ()),
    ]  # fmt: skip
    hostile = [shown_item(version(row(f"h{n}", text, minutes=20 + n, name=text[:20], handle="=1+1")))
               for n, text in enumerate(HOSTILE)]  # fmt: skip
    world = [shown_item(version(row(f"w{n}", text, minutes=30 + n))) for n, text in enumerate(WORLD)]
    other = [
        shown_item(version(row("q1", "Our lot is repaved. Thank you for your patience!", account="larkspur-kids",
                               **library))),
        *(shown_item(version(row(f"d{n}", f"An answer about the lot, number {n}.", minutes=40 + n,
                                 account="larkspur-kids", under=f"d{n - 1}" if n else "q1"))) for n in range(18)),
    ]  # fmt: skip
    return [*items, *hostile, *world, *other]


def _withheld(reasons: dict[str, str]) -> ShownItem:
    stored = row("c3", f"{SECRET} was in hospital when the parking lot flooded, and everybody should know that.",
                 under="c2", minutes=3, name=SECRET, handle="zquillfeather")  # fmt: skip
    return ShownItem(Item(Hit(0, "", (1,)), "", "withheld", codes=(PRIVACY,), reasons=reasons), (), (stored,), "c2")


def _threaded(items: list[ShownItem]) -> list[ShownItem]:
    """What each answers, by control number, as the redaction tells it from the stored rows."""
    controls = {row["native_id"].partition("-")[0]: item.item.control for item in items for version in item.versions
                if (row := version.row)["native_id"]}  # fmt: skip
    found = []
    for item in items:
        above = item.answers or next((v.row["parent_native_id"] for v in item.versions), None) or ""
        found.append(replace(item, answers=controls.get(above.partition("-")[0])))
    return found


def _placed(one: ShownItem, copy: int, place: int) -> ShownItem:
    """At its place, with its control number; each copy is threads of its own."""
    rid = hashlib.sha256(str(place).encode()).hexdigest()[:32]
    item = replace(one.item, hit=replace(one.item.hit, place=place, rid=rid), control=f"LPL-{NUMBER}-{place:05d}")
    versions = tuple(replace(v, row=v.row | {
        name: f"{v.row[name]}-{copy}" if v.row[name] is not None and copy else v.row[name]
        for name in ("native_id", "parent_native_id")
    } | {"rid": rid}) for v in one.versions)  # fmt: skip
    return replace(one, item=item, versions=versions)
