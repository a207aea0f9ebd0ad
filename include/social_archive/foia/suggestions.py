"""What the checks and earlier determinations suggest to whoever reviews a request. Nothing here decides anything.

The policy checks' findings about private information are taken as they are, and the same detectors are run over what
the checks do not read (names of authors, links that write or call) and over records that were not checked yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from social_archive.foia import request_file
from social_archive.foia.dispositions import FrozenSearch, Item, Reviewed
from social_archive.foia.review import of_file
from social_archive.policy import class_determinations, findings
from social_archive.policy.batch import Batch
from social_archive.policy.class_determinations import Standing
from social_archive.policy.criteria.private_information import PrivateInformation
from social_archive.policy.suite import check_of
from social_archive.search import Row, Search

if TYPE_CHECKING:
    from social_archive.archive import Archive

KINDS: Final = tuple(rule.id.partition(".")[2] for rule in PrivateInformation.rules)
"""Kinds of private information, as the check names them."""

_ALIASES: Final = {"email": "e-mail", "mail": "e-mail", "address": "street-address", "telephone": "phone",
                   "card": "payment-card", "birth": "date-of-birth", "plate": "licence-plate"}  # fmt: skip
_EXAMPLES: Final = 3
_CALLING: Final = ("mailto:", "tel:", "sms:")


class Place(NamedTuple):
    """Words [start, end) of a field of one version: `body`, `alt:N`, `author` (the display name), `links`. `own`: the
    account itself wrote it; a number there is most often the public body's."""

    rid: str
    version: int
    field: str
    start: int
    end: int
    kind: str
    strength: str
    words: str
    own: bool


@dataclass(frozen=True)
class Suggestion:
    """One kind of private information: where it stands (`places`, in `hits` records), how much of that is not taken
    out yet (`open`; `own` of it in the account's own records), and the exemption that is usually claimed for it, with a
    factual basis to start from."""

    kind: str
    hits: int
    places: int
    open: int
    own: int
    code: str | None
    title: str | None
    basis: str | None
    examples: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Determined:
    """A hit about which a person has answered before whether it may be disclosed, of itself or of its class."""

    item: Item
    standing: Standing


@dataclass(frozen=True)
class Suggestions:
    kinds: tuple[Suggestion, ...]
    determined: tuple[Determined, ...]


# --------------------------------------------------------------------------- asking


def suggest(archive: Archive, reference: str) -> Suggestions:
    """What could be looked at in the hits of a request, and what people have determined of them before."""
    archive.catalog.catch_up()
    reviewed = of_file(archive, request_file.read(archive, reference))
    rows = rows_of(archive, reviewed.search)
    return Suggestions(tuple(_kinds(archive, reviewed, rows)), tuple(_determined(archive, reviewed, rows)))


def kind_named(given: str) -> str | None:
    """A kind as the check names it, from what people write; None if there is none."""
    plain = given.strip().lower().replace("_", "-").replace(" ", "-")
    found = _ALIASES.get(plain, plain)
    return found if found in KINDS else None


def rows_of(archive: Archive, search: FrozenSearch, rids: Iterable[str] | None = None) -> dict[str, list[Row]]:
    """rid -> the rows of the versions that the search found (of these hits, if given), oldest first; what was destroyed
    is left out."""
    wanted = None if rids is None else frozenset(rids)
    frozen = {hit.rid: frozenset(hit.versions) for hit in search.hits if wanted is None or hit.rid in wanted}
    found: dict[str, list[Row]] = {}
    with closing(Search.of(archive)) as asked:
        for row in asked.all_versions(list(frozen)):
            if row["version"] in frozen[row["rid"]]:
                found.setdefault(row["rid"], []).append(row)
    return found


# --------------------------------------------------------------------------- private information


def places(archive: Archive, rows: Mapping[str, Sequence[Row]], kind: str | None = None) -> list[Place]:
    """Where private information (of one kind, if given) stands in these rows, in their order; each place once."""
    by_version = {(row["rid"], row["version"]): row for versions in rows.values() for row in versions}
    found: dict[tuple[Any, ...], Place] = {}
    for place in [*_of_findings(archive, by_version), *_of_detectors(archive, by_version.values())]:
        if kind in (None, place.kind):
            found.setdefault(place[:6], place)
    return [found[key] for key in sorted(found)]


def _of_findings(archive: Archive, rows: Mapping[tuple[str, int], Row]) -> Iterable[Place]:
    table = findings.read(archive)
    wanted = pc.is_in(table.column("rid"), pa.array({rid for rid, _ in rows}, type=pa.string()))
    for one in table.filter(wanted).select(["rid", "version", "field", "rule", "start", "end", "strength"]).to_pylist():
        criterion, _, kind = one["rule"].partition(".")
        row = rows.get((one["rid"], one["version"]))
        text = None if row is None else findings.text_in(row, one["field"])
        if row is not None and criterion == PrivateInformation.name and text and one["end"] <= len(text):
            yield Place(one["rid"], one["version"], one["field"], one["start"], one["end"], kind, one["strength"],
                        text[one["start"] : one["end"]], row["author_is_account"])  # fmt: skip


def _of_detectors(archive: Archive, rows: Iterable[Row]) -> Iterable[Place]:
    where: list[tuple[Row, str]] = []
    texts: list[str] = []
    for row in rows:
        for name, text in _texts(row):
            where.append((row, name))
            texts.append(text)
    batch = Batch.of(texts)
    detector = check_of(archive.agency, PrivateInformation).criterion  # whether or not it runs in the policy check
    for hit in detector.find(batch):
        row, name = where[hit.row]
        start, end = batch.folded[hit.row].span(hit.start, hit.end)
        yield Place(row["rid"], row["version"], name, start, end, hit.rule.id.partition(".")[2],
                    hit.strength or hit.rule.strength, texts[hit.row][start:end],
                    row["author_is_account"])  # fmt: skip


def _texts(row: Row) -> Iterable[tuple[str, str]]:
    """Everything in which words may stand. A handle is no e-mail address, though it may look like one."""
    for name, text in (("body", row["body"]), ("author", None if row["author_is_account"] else row["author_name"])):
        if text:
            yield name, text
    for number, media in enumerate(row["media"] or ()):
        if media["alt"]:
            yield f"alt:{number}", media["alt"]
    for link in row["links"] or ():
        if link.lower().startswith(_CALLING):
            yield "links", link.partition(":")[2]


def _kinds(archive: Archive, reviewed: Reviewed, rows: Mapping[str, Sequence[Row]]) -> Iterable[Suggestion]:
    from social_archive.foia.exemptions import load_exemptions

    exemptions = load_exemptions(archive.agency)
    items = {item.hit.rid: item for item in reviewed.items}
    by_kind: dict[str, list[Place]] = {}
    for place in places(archive, rows):
        by_kind.setdefault(place.kind, []).append(place)
    for kind in sorted(by_kind, key=KINDS.index):
        some = by_kind[kind]
        exemption = exemptions.for_kind(kind)
        waiting = [place for place in some if not _taken_out(items[place.rid], place)]
        yield Suggestion(
            kind, len({place.rid for place in some}), len(some), len(waiting), sum(place.own for place in waiting),
            exemption.code if exemption else None, exemption.title if exemption else None,
            exemption.basis_for(kind) if exemption else None,
            tuple(dict.fromkeys(place.words for place in some))[:_EXAMPLES],
        )  # fmt: skip


def _taken_out(item: Item, place: Place) -> bool:
    if item.outcome in ("withheld", "disposed") or place.field in item.withheld_fields:
        return True
    return any(cut.version == place.version and cut.field == place.field and cut.start <= place.start
               and place.end <= cut.end for cut in item.cuts)  # fmt: skip


# --------------------------------------------------------------------------- determinations


def determined(archive: Archive, rows: Mapping[str, Sequence[Row]]) -> dict[str, Standing]:
    """rid -> what a person has determined about its disclosure, of itself or its class."""
    latest = [versions[-1] for versions in rows.values()]
    found = class_determinations.of_records(archive, latest, "foia")
    return {rid: standing for rid, standing in found.items() if not standing.default}


def _determined(archive: Archive, reviewed: Reviewed, rows: Mapping[str, Sequence[Row]]) -> Iterable[Determined]:
    found = determined(archive, rows)
    return (Determined(item, found[item.hit.rid]) for item in reviewed.items if item.hit.rid in found)
