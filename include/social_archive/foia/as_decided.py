"""Is what would leave what was decided? Of every record its outcome, and nothing more or less.

A review decides in words and places; what leaves is made anew from the stored records, and looks into more: into
attachments, and everywhere for the terms that there are by now. Where the two differ a person decides again. It is
asked when a review is confirmed, and once more of what a bundle is made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from social_archive.foia.dispositions import Reviewed, ShownItem, ShownMedia, ShownVersion
from social_archive.foia.media import NEEDS_A_PERSON
from social_archive.foia.request_file import RequestRefused

if TYPE_CHECKING:
    from social_archive.archive import Archive

_MOST: Final = 20
"""Places that an error names."""


def require_as_decided(archive: Archive, reviewed: Reviewed) -> None:
    """Raises RequestRefused, with what a person can do about it."""
    from social_archive.foia.shown import shown_items

    shown = shown_items(archive, reviewed)
    if not (places := [one.item.hit.place for one in shown if differs(one)]):
        return
    held = [where for one in shown if differs(one) for where in _held_back(one)]
    ways = [*_way(reviewed.number, held, seen=True), *_way(reviewed.number, held, seen=False)]
    if others := [place for place in places if place not in {place for place, _ in held}]:
        some = " ".join(map(str, others[:_MOST]))
        ways.append(f"Look at records {some}, and release them again: archive foia release {reviewed.number} {some}.")
    number = "1 record" if len(places) == 1 else f"{len(places):,} records"
    raise RequestRefused(f"More would be taken out of {number} than was decided. Nothing was confirmed.",
                         remedy=" ".join(ways))  # fmt: skip


def differs(shown: ShownItem) -> bool:
    """Something else would be taken out of a record than its outcome says, or under other exemptions."""
    item = shown.item
    codes = {code for version in shown.versions for some in version.cut.values() for code in some}
    return bool(shown.versions) and (bool(codes) != (item.outcome == "redacted") or not codes <= {*item.codes})


def faults(items: Sequence[ShownItem]) -> Iterator[str]:
    """Control numbers of what a stranger's check would not accept, without hashing anything: for large bundles.

    Every version of the search is there or accounted for; a record that is called released is whole, with all of its
    attachments; one that is called redacted has something cut of it.
    """
    for shown in items:
        item, versions = shown.item, {version.version for version in shown.versions}
        there = versions == {*item.hit.versions} if item.outcome in ("released", "redacted") else not versions
        whole = item.outcome != "released" or all(map(_is_whole, shown.versions))
        if not there or not whole or differs(shown) or item.outcome == "undecided":
            yield item.control


def _is_whole(version: ShownVersion) -> bool:
    listed = version.proof_row.get("media") or ()
    given = {media.number for media in version.media
             if media.code is None and (media.path is not None or media.derivative is not None)}  # fmt: skip
    return not version.cut and all(number in given for number, medium in enumerate(listed) if medium["sha256"])


# --------------------------------------------------------------------------- attachments that stay back by themselves

_Held = tuple[int, ShownMedia]


def _held_back(shown: ShownItem) -> Iterator[_Held]:
    """(place, attachment) of those that no decision withholds and that stay back nevertheless; each once."""
    found = {
        media.number: media for version in shown.versions for media in version.media
        if media.code is not None and (version.version, media.number) not in shown.item.media
        and not {"media"} & {*shown.item.withheld_fields}
    }  # fmt: skip
    yield from ((shown.item.hit.place, media) for media in found.values())


def _way(number: str, held: Iterable[_Held], *, seen: bool) -> Iterator[str]:
    """`seen`: those that a person can let go; else those in which a term stands."""
    some = [(place, media.number + 1) for place, media in held if (media.outcome == NEEDS_A_PERSON) == seen]
    if not some:
        return
    place, n = some[0]
    named = "; ".join(f"record {place}, attachment {n}" for place, n in some[:_MOST])
    withhold = f"archive foia redact {number} --hit {place} --media {n} --code CODE --by USER"
    if seen:
        yield (f"No program can look into some attachments ({named}). Look at each, then let it go: archive foia "
               f"release-media {number} {place} {n} --by USER, or withhold it: {withhold}.")  # fmt: skip
    else:
        yield f"Words that must not leave stand in some attachments ({named}). Withhold them: {withhold}."
