"""Things that came without the platform's id, and how they become one with what a harvest finds.

Some exports (Facebook, Instagram, Threads) name no ids. What they hold gets an id of ours, `import:<match>-<detail>`.
`match` is a hash of what an export and the platform's API have in common: post or comment, second of creation, text.
When a harvest later brings an unknown thing of the same match, said by the account itself, it is the same thing.

The id stands in rows and in the catalog only, never in the ledger or in a key: it could be guessed from the text.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from social_archive.record import Observation

if TYPE_CHECKING:
    from social_archive.catalog import Catalog, Known

IDLESS: Final = "import:"
_CLASSES: Final = {"post": "post", "story": "post", "comment": "comment", "reply": "comment", "profile": "profile"}
JOINABLE: Final = tuple(_CLASSES)
BY_ID: Final = ("flickr",)  # platforms of `match_by_id`
_FLICKR_COMMENT: Final = f"{IDLESS}comment/"
_UNDIVIDED: Final = frozenset({"threads"})  # whose exports do not say what is a post and what a reply


def is_idless(native_id: str) -> bool:
    """Is this an id of ours? No platform may ever be asked for it."""
    return native_id.startswith(IDLESS)


def unknown_to_api(what: str, native_id: str) -> str:
    """An id of ours for a thing whose own id the platform's API does not take: asked for it, it would say "deleted"."""
    return f"{IDLESS}{what}/{native_id}"


def match_by_id(platform: str, native_id: str) -> str | None:
    """The same for things of which an export names a part of the platform's id, as 32 hex digits; None for others.

    Flickr's comments are `<owner>-<photograph>-<number>` to the API, and an export lacks the owner's part. Whoever said
    them, they are one by what is left.
    """
    if platform != "flickr":
        return None
    made_up = native_id.startswith(_FLICKR_COMMENT)
    parts = native_id.removeprefix(_FLICKR_COMMENT).split("-")
    if len(parts) != (2 if made_up else 3):
        return None
    return _hashed("comment", *parts[-2:])


def match_of(kind: str, created_at: int | None, body: str | None, media: int, platform: str = "") -> str | None:
    """What two sightings of one thing have in common, as 32 hex digits; None if there is too little to go by.

    Text counts without regard to white space; where there is none, the number of attachments stands in for it. An
    account has one profile, so a profile matches a profile.
    """
    of = _CLASSES.get(kind)
    if of is None or (of != "profile" and created_at is None):
        return None
    if of == "profile":
        return _hashed("profile")
    if platform in _UNDIVIDED:
        of = "said"
    text = " ".join((body or "").split())
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    assert created_at is not None
    return _hashed(of, str(created_at // 1_000_000), "text" if text else "media", text or str(media))


def idless_id(o: Observation, detail: str = "") -> str:
    """The id of an observation that has none. `detail` (an attachment's name) tells equal ones apart."""
    match = match_of(o.kind, o.created_at, o.body, len(o.media))
    if match is None:  # undated: by its own bytes
        return f"{IDLESS}{'0' * 32}-{_hashed(o.kind, o.body or '', detail)}"
    return f"{IDLESS}{match}-{_hashed(detail)[:16]}" if detail else f"{IDLESS}{match}"


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def twins(
    catalog: Catalog, platform: str, account: str, observations: Sequence[Observation], known: Iterable[str]
) -> dict[str, Known]:
    """Unknown native id → the thing in the archive that it is after all. Each thing is given away once.

    An id from the platform finds things without one, and the other way round.
    """
    there = set(known)
    by_id = {o.native_id: match_by_id(platform, o.native_id) for o in observations} if platform in BY_ID else {}
    unknown = {
        o.native_id: o for o in observations
        if o.native_id not in there and (o.author_is_account or by_id.get(o.native_id))
    }  # fmt: skip
    if not unknown:
        return {}
    looking = catalog.own.has_idless(platform, account)
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for native_id, o in unknown.items():
        if looking or is_idless(native_id):
            match = by_id.get(native_id) or match_of(o.kind, o.created_at, o.body, len(o.media), platform)
            if match is not None:
                wanted[match].append(native_id)
    found: dict[str, Known] = {}
    taken: set[str] = set()
    for match, candidates in catalog.own.matching(platform, account, list(wanted)).items():
        for native_id in wanted[match]:
            for candidate in candidates:
                if candidate.rid not in taken and is_idless(candidate.native_id) != is_idless(native_id):
                    taken.add(candidate.rid)
                    found[native_id] = candidate
                    break
    return found
