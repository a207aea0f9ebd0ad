"""The search that answers a request, frozen: which records there were at one position of the ledger, and no others.

What was found is held before it counts, so nothing of it can be destroyed while people decide about it. The list of
hits lies in the request's file and its hash in the ledger: it cannot be shortened afterwards. Beside it lie the
coverage statements of the accounts that were searched, made at that time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.config import Account
from social_archive.coverage import Asked, NothingToState, Statements, encode, iso
from social_archive.crash import crash_point
from social_archive.entry import moment
from social_archive.errors import NotFound
from social_archive.foia import request_file
from social_archive.foia.dispositions import FrozenSearch, Hit
from social_archive.foia.request_file import Attachment, Event, RequestFile, RequestRefused
from social_archive.foia.requests import Request, require_open, today
from social_archive.foia.terms import Terms
from social_archive.record import canonical, micros
from social_archive.retention import holds
from social_archive.retention.holds import Scope, Via
from social_archive.search import Gap, Row, Search
from social_archive.search_files import again
from social_archive.yaml_lines import suggestion

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import Head

__all__ = ["Found", "Preview", "Terms", "freeze", "frozen", "holds_of", "preview", "require_officer"]

REVIEW_DAYS: Final = 90
"""After so many days somebody shall look whether the hold of a request is still needed."""

_TRIES: Final = 3
_SHOWN: Final = 5


@dataclass(frozen=True)
class Found:
    """What a search found at `position`: hits in reading order (by thread, then time). See `FrozenSearch`."""

    position: int
    size: int
    searched: int
    hits: tuple[Hit, ...] = field(repr=False)
    excluded: int
    quarantined: int
    gaps: tuple[dict[str, Any], ...]
    disposed: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Preview:
    """What freezing a search would find now. `first`: latest versions of the first hits. `counts`: (account, hits)."""

    found: Found
    counts: tuple[tuple[str, int], ...]
    first: tuple[Row, ...] = field(repr=False)


# --------------------------------------------------------------------------- asking


def preview(archive: Archive, terms: Terms, *, first: int = _SHOWN) -> Preview:
    """What this search would find. Writes nothing. Raises RequestRefused, NotFound."""
    terms = _known(archive, terms)
    with closing(_Looking.of(archive)) as search:
        found = _at_one_position(archive, search, terms)
        rids = [hit.rid for hit in found.hits]
        return Preview(found, search.by_account(rids), tuple(search.thing(rid) for rid in rids[:first]))


def frozen(file: RequestFile) -> FrozenSearch | None:
    """The search that was frozen last; None if none was, or if it was destroyed with the request."""
    event = file.last("searched")
    return None if event is None or event.gone else _of_event(event)


def holds_of(file: RequestFile) -> list[str]:
    """The holds that the searches of a request placed: to be lifted when it is closed."""
    return list(dict.fromkeys(hold for event in file.all("searched") for hold in event.told["holds"]))


def _of_event(event: Event) -> FrozenSearch:
    d = event.details
    hits = tuple(Hit(place, one["rid"], tuple(one["versions"])) for place, one in enumerate(d["hits"], 1))
    return FrozenSearch(event.id, event.n, d["terms"], d["position"], d["size"], d["searched"], hits, tuple(d["gaps"]),
                        tuple(d["disposed"]), d["excluded"], d["quarantined"], d["hold"])  # fmt: skip


# --------------------------------------------------------------------------- freezing


def freeze(
    archive: Archive, request: Request | str, terms: Terms, *, by: str, via: Via, id: str | None = None
) -> FrozenSearch:
    """Search, hold what was found, enter it into the request's file with the coverage statements of its accounts.

    1. Everything is read at one position of the ledger.
    2. A hold on the hits is placed, and one on the search as a whole where it can be said as a scope.
    3. The event `searched` makes the list count; the event `coverage` follows.

    Killed anywhere, the same call completes it. Frozen again before a bundle is built, it replaces the search before;
    what was decided about hits that remain stays. Raises RequestRefused, NotFound: then nothing was written.
    """
    archive.catalog.catch_up()
    file = request_file.read(archive, request if isinstance(request, str) else request.id)
    require_officer(archive, by)
    terms = _known(archive, terms)
    event_id = id or _resumed(archive, file, terms) or _derived("searched", file.id, str(len(file.all("searched"))))
    event = next((one for one in file.all("searched") if one.id == event_id), None)
    if event is None:
        _require_unbuilt(file)
        event = _freeze(archive, file, terms, event_id, by, via)
    _state_coverage(archive, file.id, terms, event)
    return _of_event(event)


def _resumed(archive: Archive, file: RequestFile, terms: Terms) -> str | None:
    """The last search, if it is this one and was cut off before its coverage was stated."""
    last = file.last("searched")
    if last is None or last.details["terms"] != terms.to_dict():
        return None
    stated = any(event.told["search"] == last.id for event in file.all("coverage"))
    return None if stated else last.id


def _freeze(archive: Archive, file: RequestFile, terms: Terms, event_id: str, by: str, via: Via) -> Event:
    with closing(_Looking.of(archive)) as search:
        found = _at_one_position(archive, search, terms)
    placed = _hold(archive, file, terms, found, event_id, by, via)
    crash_point("search-held")
    hold = placed[0] if placed else None
    details = {
        "terms": terms.to_dict(), "position": found.position, "size": found.size, "searched": found.searched,
        "excluded": found.excluded, "quarantined": found.quarantined, "hold": hold, "gaps": list(found.gaps),
        "disposed": list(found.disposed),
        "hits": [{"rid": hit.rid, "versions": list(hit.versions)} for hit in found.hits],
    }  # fmt: skip
    told = {"hits": len(found.hits), "position": found.position, "hold": hold, "holds": placed}
    return request_file.append(archive, file.id, "searched", by=by, via=via, details=details, told=told, id=event_id,
                               check=_require_unbuilt)  # fmt: skip


def _require_unbuilt(file: RequestFile) -> None:
    require_open(file)
    last = file.last("built", "refused")
    if last is not None and last.what == "built":
        raise RequestRefused(f"A bundle was built from the search of request {file.number}. Nothing was searched.",
                             remedy="Refuse that bundle first; then search again.")  # fmt: skip


def require_officer(archive: Archive, by: str) -> None:
    """Who searches and decides is one of `foia.officers`, if any are named. Raises RequestRefused."""
    officers = archive.agency.foia.officers
    if officers and by.strip() not in officers:
        raise RequestRefused(
            "What is searched and disclosed is decided by the officers for requests.",
            remedy=f"Name one of them (foia.officers in agency.yaml): --by {', '.join(officers)}",
        )


# --------------------------------------------------------------------------- the hold


def _hold(
    archive: Archive, file: RequestFile, terms: Terms, found: Found, event_id: str, by: str, via: Via
) -> list[str]:
    """Ids of holds that cover every hit, and the search itself if it is a scope. The first one covers the hits."""
    wanted = tuple(sorted(hit.rid for hit in found.hits))
    placed = []
    for number in range(_TRIES * 10) if wanted else ():
        hold = _place(archive, file, Scope(ids=wanted), _derived("hits", event_id, str(number)), by, via)
        if hold.scope.ids == wanted:
            placed = [hold.id]
            break  # else a run before this one was cut off, and other records were found by now
    scope = terms.scope(ZoneInfo(archive.agency.body.time_zone))
    if scope is not None:
        placed.append(_place(archive, file, scope, _derived("scope", event_id), by, via).id)
    return placed


def _place(archive: Archive, file: RequestFile, scope: Scope, id: str, by: str, via: Via) -> holds.Hold:
    review = today(archive) + timedelta(days=REVIEW_DAYS)
    return holds.place(archive, kind="records_request", matter=f"Request for records {file.number}",
                       mandate="A request for public records that is not closed", scope=scope, by=by, via=via,
                       review=review, id=id).hold  # fmt: skip


def _derived(*parts: str) -> str:
    """An id that the same search has again when it is run again."""
    return hashlib.sha256(canonical(["foia-search", *parts])).hexdigest()[:32]


# --------------------------------------------------------------------------- the coverage


def _state_coverage(archive: Archive, request: str, terms: Terms, searched: Event) -> None:
    """Statement, signed note and page of every account that was searched, in one event of the request's file."""
    event_id = _derived("coverage", searched.id)
    file = request_file.read(archive, request)
    if any(event.id == event_id for event in file.all("coverage")):
        return
    files = _statements(archive, terms)
    details = {"search": searched.id, "files": [one.name for one in files]}
    told = {"search": searched.id, "statements": len(files) // 3}
    request_file.append(archive, request, "coverage", by=searched.by, via=searched.via, details=details, told=told,
                        files=files, id=event_id)  # fmt: skip


def _statements(archive: Archive, terms: Terms) -> list[Attachment]:
    from social_archive.coverage_note import sign
    from social_archive.documents.coverage import page

    since, until = terms.span(ZoneInfo(archive.agency.body.time_zone))
    made = []
    with closing(Statements(archive)) as statements:
        for account in _accounts(archive, terms):
            try:
                stated = statements.of(account, Asked(since, _past(archive, until)))
            except NothingToState:
                continue  # the days asked for lie in the future
            body = encode(stated)
            pdf = page(stated, body)
            name = f"{account.platform}-{account.name}"
            made += [Attachment(f"{name}.json", "application/json", body),
                     Attachment(f"{name}.pdf", "application/pdf", pdf),
                     Attachment(f"{name}.note.txt", "text/plain",
                                sign(archive.signer, body, pdf).encode())]  # fmt: skip
    return made


def _past(archive: Archive, until: int | None) -> int | None:
    """The end of a statement's period: never later than what the ledger knows."""
    head = archive.catalog.head
    return None if until is None or head is None or until > micros(moment(head.time)) else until


def _accounts(archive: Archive, terms: Terms) -> list[Account]:
    named = {(account.platform, account.name): account for account in archive.agency.accounts}
    places = terms.places()
    pairs = [(on, name) for on, name in _pairs(archive)
             if any(platform in (None, on) and account in (None, name) for platform, account in places)]  # fmt: skip
    return [named.get(pair) or Account(platform=pair[0], name=pair[1]) for pair in pairs]


def _pairs(archive: Archive) -> list[tuple[str, str]]:
    """(platform, account) of everything that was or shall be archived."""
    held = {(platform, account) for platform, account, *_ in archive.catalog.totals()}
    return sorted(held | {(account.platform, account.name) for account in archive.agency.accounts})


def _known(archive: Archive, terms: Terms) -> Terms:
    """The terms with accounts by their full names. A misspelt one would find nothing, and nothing looks like an
    answer. Raises RequestRefused, NotFound."""
    terms.check()
    pairs = _pairs(archive)
    platforms = sorted({platform for platform, _ in pairs})
    for one in terms.platforms:
        if one not in platforms:
            raise NotFound(f"There is no platform {one!r} here{suggestion(one, platforms)}.",
                           remedy=f"There are {', '.join(platforms)}.")  # fmt: skip
    accounts: list[str] = []
    for given in terms.accounts:
        on, _, name = given.rpartition("/")
        fitting = [f"{platform}/{account}" for platform, account in pairs
                   if account == name and on in ("", platform)]  # fmt: skip
        if not fitting:
            names = [f"{platform}/{account}" for platform, account in pairs]
            raise NotFound(f"There is no account {given!r}{suggestion(given, names)}.",
                           remedy=f"There are {', '.join(names) or 'none'}.")  # fmt: skip
        accounts += fitting
    return replace(terms, accounts=tuple(dict.fromkeys(accounts)))


# --------------------------------------------------------------------------- looking


def _at_one_position(archive: Archive, search: _Looking, terms: Terms) -> Found:
    """What is found at the end of the ledger. If that moves meanwhile it is asked again; in the end, as it was when it
    was read: an answer is always whole for its own position."""
    zone = ZoneInfo(archive.agency.body.time_zone)
    for attempt in range(_TRIES * 10):
        head = archive.catalog.catch_up()
        search.look_at_what_is_there()
        if head is None or search.position != head.n:
            continue
        found = search.found(terms, zone, head)
        stands = archive.catalog.catch_up() == head
        if search.position == head.n and (stands or attempt >= _TRIES):
            return found
    raise RequestRefused("The archive is empty, or changes all the time. Nothing was searched.",
                         remedy="Run the command again.")  # fmt: skip


class _Looking(Search):
    """A search over all versions of all records, in columns."""

    @again
    def found(self, terms: Terms, zone: ZoneInfo, head: Head) -> Found:
        queries = terms.queries(zone)
        self._mark_all(terms, [replace(query, none_of=()) for query in queries], zone)
        matching = self._count()
        if terms.none:
            self._mark_all(terms, queries, zone)
        hits = self._hits()
        gaps = {gap.rid: gap for query in queries for gap in self.gaps(query)}
        folders = [folder.to_dict() for query in queries for folder in self.disposed(query)]
        return Found(
            position=self.position, size=head.size, searched=self._searched(terms), hits=hits,
            excluded=matching - len(hits), quarantined=sum(self.quarantined(query) for query in queries),
            gaps=tuple(_gap_json(gap) for gap in gaps.values()),
            disposed=tuple({canonical(folder): folder for folder in folders}.values()),
        )  # fmt: skip

    def by_account(self, rids: Sequence[str]) -> tuple[tuple[str, int], ...]:
        rows = self._db.execute(
            "SELECT platform || '/' || account, count(DISTINCT rid) FROM records"
            " SEMI JOIN (SELECT unnest($rids::VARCHAR[]) AS rid) AS wanted USING (rid) GROUP BY 1 ORDER BY 1",
            {"rids": list(rids)},
        ).fetchall()
        return tuple((str(account), int(count)) for account, count in rows)

    def _mark_all(self, terms: Terms, queries: Sequence[Any], zone: ZoneInfo) -> None:
        self._db.execute("CREATE OR REPLACE TEMP TABLE marked (rid VARCHAR)")
        for query in queries:
            self.mark(query, "part")
            self._db.execute("INSERT INTO marked SELECT rid FROM part")
        if terms.ids:
            self._db.execute("DELETE FROM marked WHERE NOT list_contains($ids, rid)", {"ids": list(terms.ids)})
        since, until = terms.span(zone)
        if (since, until) != (None, None):
            self._db.execute(_POSTED_ELSEWHEN, {"since": since, "until": until})

    def _count(self) -> int:
        return int(self._db.execute("SELECT count(DISTINCT rid) FROM marked").fetchall()[0][0])

    def _hits(self) -> tuple[Hit, ...]:
        rows = self._db.execute(_IN_READING_ORDER).fetchall()
        return tuple(Hit(place, rid, tuple(versions)) for place, (rid, versions) in enumerate(rows, 1))

    def _searched(self, terms: Terms) -> int:
        """Things of the accounts that were looked at, whenever they were posted."""
        return sum(
            int(self.counts((), replace(query, text="", author=None, since=None, until=None, states=(), any_of=(),
                                        none_of=()))[0][0])
            for query in replace(terms, since=None, until=None).queries(ZoneInfo("UTC"))
        )  # fmt: skip


_POSTED_ELSEWHEN: Final = """
DELETE FROM marked WHERE rid IN (
    SELECT rid FROM records SEMI JOIN marked USING (rid) GROUP BY rid
    HAVING NOT bool_or(
        CASE WHEN created_at IS NOT NULL THEN ($since IS NULL OR epoch_us(created_at) >= $since)
             AND ($until IS NULL OR epoch_us(created_at) < $until) ELSE FALSE END)
    AND bool_or(created_at IS NOT NULL))
"""
"""A version that only says that something was removed has no date of posting; its other versions have."""

_IN_READING_ORDER: Final = """
WITH things AS (
    SELECT rid, list(version ORDER BY version) AS versions, coalesce(min(created_at), min(observed_at)) AS moment,
        arg_min(platform, version) AS platform, arg_min(account, version) AS account,
        arg_min(coalesce(root_native_id, native_id), version) AS root
    FROM records SEMI JOIN marked USING (rid) GROUP BY rid),
threads AS (SELECT *, min(moment) OVER (PARTITION BY platform, account, root) AS began FROM things)
SELECT rid, versions FROM threads ORDER BY began, platform, account, root, moment, rid
"""


def _gap_json(gap: Gap) -> dict[str, Any]:
    told = asdict(gap)
    return {"rid": told["rid"], "platform": told["platform"], "account": told["account"], "reason": told["reason"],
            "from": iso(gap.start), "to": iso(gap.end), "closed": gap.closed,
            "scope": "thread" if gap.root_native_id else "account"}  # fmt: skip
