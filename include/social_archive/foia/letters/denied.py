"""What a review denies, exemption by exemption, as a denial and the central file say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from social_archive.documents.figures import counted
from social_archive.foia.dispositions import Item, Reviewed
from social_archive.foia.letters.model import Denied, RecordType
from social_archive.foia.request_file import RequestRefused

if TYPE_CHECKING:
    from social_archive.archive import Archive

_TYPES: Final[Mapping[str, RecordType]] = {
    "post": "post", "story": "post", "comment": "comment", "reply": "comment", "profile": "profile",
    "setting": "profile",
}  # fmt: skip
TYPES: Final[tuple[RecordType, ...]] = ("post", "comment", "profile", "mixed")


def response_kind(reviewed: Reviewed) -> str:
    """Which letter answers a request whose review stands like this."""
    totals = reviewed.totals
    if not totals["hits"]:
        return "no_records"
    if totals["disposed"] == totals["hits"]:
        return "disposed"
    if not totals["redacted"] and not totals["withheld"]:
        return "response"
    return "partial_denial" if totals["released"] or totals["redacted"] else "denial"


def of_review(archive: Archive, reviewed: Reviewed) -> list[Denied]:
    """Per exemption, sorted by its code: which records it withholds or redacts, and why."""
    touched = [item for item in reviewed.items if item.outcome in ("redacted", "withheld")]
    kinds = kinds_of(archive, [item.hit.rid for item in touched])
    codes = sorted({code for item in touched for code in item.codes})
    return [_denied(archive, code, [item for item in touched if code in item.codes], kinds) for code in codes]


def _denied(archive: Archive, code: str, items: Sequence[Item], kinds: Mapping[str, RecordType]) -> Denied:
    title, citation, verified = named(archive, code)
    bases = list(dict.fromkeys(said for item in items for said in item.reasons.get(code, "").splitlines()))
    return Denied(
        code=code, title=title, citation=citation, basis=" ".join(_sentence(one) for one in bases),
        record_type=record_type(kinds.get(item.hit.rid, "mixed") for item in items),
        withheld=sum(item.outcome == "withheld" for item in items),
        redacted=sum(item.outcome == "redacted" for item in items), cuts=sum(_cuts(item, code) for item in items),
        verified=verified,
    )  # fmt: skip


def _cuts(item: Item, code: str) -> int:
    if item.outcome == "withheld":
        return 0
    removed = [*(cut.code for cut in item.cuts), *item.withheld_fields.values(), *item.media.values()]
    return removed.count(code)


def _sentence(said: str) -> str:
    return said if said.endswith((".", "!", "?")) else f"{said}."


def record_type(types: Any) -> RecordType:
    """One type for all of them; `mixed` if there are several."""
    found = set(types)
    return found.pop() if len(found) == 1 else "mixed"


def kinds_of(archive: Archive, rids: Sequence[str]) -> dict[str, RecordType]:
    """The type of each record that is still in the archive."""
    from contextlib import closing

    from social_archive.search import Search

    if not rids:
        return {}
    with closing(Search.of(archive)) as search:
        return {rid: _TYPES.get(kind, "mixed") for rid, kind in search.kinds(rids).items()}


def given(archive: Archive, denials: Sequence[Mapping[str, Any]]) -> list[Denied]:
    """What a person denies without a review: `{code, basis, record_type, records}` each."""
    made = []
    for one in denials:
        title, citation, verified = named(archive, str(one["code"]))
        kind = one.get("record_type", "mixed")
        if kind not in TYPES:
            raise RequestRefused(f"There is no type of record {kind!r}.", remedy=f"One of {', '.join(TYPES)}.")
        made.append(Denied(str(one["code"]), title, citation, str(one.get("basis", "")).strip(), kind,
                           int(one.get("records", 0)), 0, 0, verified))  # fmt: skip
    return made


def named(archive: Archive, code: str) -> tuple[str, str, bool]:
    """(title, citation, whether somebody has read it) of an exemption; a code that no pack knows has none."""
    from social_archive.foia.exemptions import load_exemptions

    found = load_exemptions(archive.agency).get(code)
    return (found.title, found.citation, found.known) if found is not None else ("", "", False)


def in_words(one: Denied) -> str:
    """How much an exemption takes: `4 comments withheld; 9 deletions in 3 comments`."""
    parts = []
    if one.withheld:
        parts.append(f"{_records(one.withheld, one.record_type)} withheld in full")
    if one.redacted:
        parts.append(f"{counted(one.cuts, 'deletion')} in {_records(one.redacted, one.record_type)}")
    return "; ".join(parts) or "the records requested"


def _records(number: int, kind: RecordType) -> str:
    return counted(number, "record" if kind == "mixed" else kind)


def to_json(denied: Sequence[Denied]) -> list[dict[str, Any]]:
    """For the event's details (all of it) — with `told`, for the ledger, which outlives the request."""
    return [{"code": d.code, "citation": d.citation, "basis": d.basis, "record_type": d.record_type,
             "records": d.records, "cuts": d.cuts} for d in denied]  # fmt: skip


def told(denied: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the ledger keeps of it: codes, types, counts. No basis: that is about somebody's records."""
    return [{name: one[name] for name in ("code", "record_type", "records", "cuts")} for one in denied]
