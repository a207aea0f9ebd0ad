"""What was searched, in words and as data, with everything that it may have missed. A search that leaves its gaps out
says more than it knows.

The data (`social-records-archive/search-statement/v1`): request, body, terms, sentence, frozen {at, entry, position,
leaves, sha256}, accounts, searched, hits, versions, excluded, quarantined, gaps, destroyed, totals, reconciles, limits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from social_archive.coverage_claim import in_words
from social_archive.documents import typesetting
from social_archive.documents.figures import count, counted
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.pieces import pieces
from social_archive.foia.bundle.reading import account_title, moment
from social_archive.foia.request_file import Event
from social_archive.foia.terms import Terms

FORMAT: Final = "social-records-archive/search-statement/v1"
TEMPLATE: Final = "foia/search_statement.typ"

Statement = dict[str, Any]


def write(contents: Contents) -> Iterable[File]:
    """`6-search-statement.json` and `.pdf`."""
    made = statement(contents)
    encoded = json.dumps(made, ensure_ascii=False, indent=2).encode() + b"\n"
    yield File("6-search-statement.json", encoded)
    yield File("6-search-statement.pdf", typesetting.pdf(TEMPLATE, content(contents, made), at=contents.at))


def statement(contents: Contents) -> Statement:
    search, event = contents.reviewed.search, frozen(contents)
    return {
        "format": FORMAT,
        "request": contents.request.number,
        "body": contents.agency.body.name,
        "terms": search.terms,
        "sentence": Terms.from_dict(search.terms).sentence(),
        "frozen": {
            "at": event.time.isoformat() if event else None, "by": event.by if event else None, "entry": search.n,
            "position": search.position, "leaves": search.size, "sha256": event.sha256 if event else None,
        },
        "accounts": _accounts(contents),
        "searched": search.searched,
        "hits": len(search.hits),
        "versions": sum(len(hit.versions) for hit in search.hits),
        "excluded": search.excluded,
        "quarantined": search.quarantined,
        "gaps": [dict(gap) | {"reason_in_words": in_words(gap["reason"])} for gap in search.gaps],
        "destroyed": [dict(folder) for folder in search.disposed],
        "totals": contents.reviewed.totals,
        "reconciles": contents.reviewed.reconciles,
        "limits": list(_limits(contents)),
    }  # fmt: skip


def frozen(contents: Contents) -> Event | None:
    """The event by which the search was frozen."""
    return next((e for e in contents.request.file.all("searched") if e.id == contents.reviewed.search.event), None)


def _accounts(contents: Contents) -> list[dict[str, str]]:
    """The accounts that were searched, with what they are called on their platforms: also those of which records were
    found and which the agency has no more."""
    named = {(one.platform, one.name) for one in contents.agency.accounts}
    rows = (item.versions[0].row for item in contents.items if item.versions)
    named |= {(row["platform"], row["account"]) for row in rows if row.get("platform") and row.get("account")}
    found = []
    for platform, name in Terms.from_dict(contents.reviewed.search.terms).places():
        own = sorted(pair for pair in named if platform in (None, pair[0]) and name in (None, pair[1]))
        pairs = own or ([(platform or "", name)] if name else [])
        found += [{"platform": on, "account": account, "title": account_title(contents, on, account)}
                  for on, account in pairs]  # fmt: skip
    return [dict(pairs) for pairs in dict.fromkeys(tuple(one.items()) for one in found)]


def _limits(contents: Contents) -> Iterator[str]:
    """What the search cannot say."""
    search = contents.reviewed.search
    yield (
        "The search covers what the archive held at that position of the ledger. What was posted and removed "
        "between two looks at an account, or before its first one, was never seen; the coverage statements "
        "say when each account was looked at."
    )
    yield (
        "It compares letters. Words that stand only in a picture, a video or a sound are found if their "
        "description has them, and not otherwise; nor are other words for the same thing."
    )
    if search.gaps:
        yield (
            f"{counted(len(search.gaps), 'gap')} {'overlaps' if len(search.gaps) == 1 else 'overlap'} it: "
            "spans in which the archive could not see. What a gap may have held is not known."
        )
    if search.quarantined:
        yield (
            f"{counted(search.quarantined, 'item')} could not be read when captured and "
            f"{'waits' if search.quarantined == 1 else 'wait'} in quarantine; "
            f"{'it' if search.quarantined == 1 else 'they'} may belong to it."
        )
    if search.disposed:
        yield (
            "Records that may have answered it had been destroyed on schedule before; the certificates name "
            "how many, not what they said."
        )


# --------------------------------------------------------------------------- on paper


def content(contents: Contents, s: Statement) -> dict[str, Any]:
    zone = ZoneInfo(contents.agency.body.time_zone)
    event, totals = frozen(contents), s["totals"]
    at = moment(event.time, zone) if event else ("not known", "")
    return {
        "title": f"Search statement for request {s['request']}",
        "body": s["body"],
        "number": s["request"],
        "day": at[0][:10],
        "sentence": pieces(s["sentence"], ()),
        "figures": [[count(s["searched"]), "records looked at"], [count(s["hits"]), "matched"],
                    [count(s["versions"]), "versions of them"], [count(s["excluded"]), "taken out by an exclusion"]],
        "facts": [[label, pieces(value, ())] for label, value in [
            ("frozen", " · ".join(part for part in at if part)),
            ("by", _person(contents, event.by) if event else ""),
            ("position", f"after {count(s['frozen']['position'])} entries, {count(s['frozen']['leaves'])} leaves"),
            ("entered as", f"entry {s['frozen']['entry']} of the ledger"),
        ] if value],
        "sha256": s["frozen"]["sha256"] or "",
        "terms": [[label, pieces(value, ())] for label, value in _terms(s["terms"])],
        "accounts": [pieces(one["title"], ()) for one in s["accounts"]],
        "gaps": [[pieces(_account(contents, gap), ()), _span(gap, zone), pieces(gap["reason_in_words"], ()),
                  "over" if gap.get("closed") else "still open"] for gap in s["gaps"]],
        "destroyed": [[pieces(_account(contents, one), ()), one["month"], one["series"],
                       counted(one["records"], "version"), one.get("certificate") or "pending"]
                      for one in s["destroyed"]],
        "quarantined": s["quarantined"],
        "limits": s["limits"],
        "sum": [[label, count(totals[name])] for name, label in (
            ("released", "released whole"), ("redacted", "released with words removed"), ("withheld", "withheld"),
            ("disposed", "destroyed on schedule"), ("undecided", "undecided")) if name != "undecided" or totals[name]],
        "total": count(totals["hits"]),
        "reconciles": s["reconciles"],
    }  # fmt: skip


_LABELS: Final = {
    "accounts": "accounts", "platforms": "platforms", "since": "posted from", "until": "posted until",
    "all": "all of these words", "phrases": "these phrases", "any": "at least one of", "none": "without",
    "author": "by", "kinds": "kinds", "states": "states", "ids": "records named",
}  # fmt: skip


def _terms(terms: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, label in _LABELS.items():
        value = terms.get(name)
        if name == "ids" and value:
            yield label, count(len(value))
        elif value:
            yield label, " · ".join(map(str, value)) if isinstance(value, list) else str(value)


def _account(contents: Contents, one: dict[str, Any]) -> str:
    return account_title(contents, one["platform"], one["account"])


def _span(gap: dict[str, Any], zone: ZoneInfo) -> str:
    first, last = gap.get("from"), gap.get("to")
    if first is None or last is None:
        return f"until {_day(last, zone)}" if last else f"since {_day(first, zone)}" if first else "all of the time"
    return f"{_day(first, zone)} to {_day(last, zone)}"


def _day(text: str, zone: ZoneInfo) -> str:
    return moment(_instant(text), zone)[0]


def _instant(text: str) -> Any:
    from social_archive.record import parse_time

    return parse_time(text)


def _person(contents: Contents, user: str) -> str:
    person = contents.agency.person(user)
    return f"{person.name}, {person.title}" if person else user
