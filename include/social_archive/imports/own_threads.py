"""Which posts of an export stand under which others, where an export holds nothing but the account's own."""

from __future__ import annotations

from collections.abc import Iterable

from social_archive.record import Observation


def put_in_threads(found: Iterable[Observation]) -> None:
    """Give each reply its root and its kind, as far as the export shows the way up.

    A reply directly under an own post is a `comment`, further down a `reply`. Where the way up leads to somebody
    else's words, which are not in the export, the root stays unknown.
    """
    observations = list(found)
    parents = {o.native_id: o.parent_native_id for o in observations}
    roots: dict[str, str | None] = {}
    for o in observations:
        if o.parent_native_id is not None:
            o.root_native_id = _root(o.native_id, parents, roots)
            o.kind = "comment" if o.root_native_id == o.parent_native_id else "reply"


def _root(native_id: str, parents: dict[str, str | None], roots: dict[str, str | None]) -> str | None:
    """The post at the top; None if it is not in the export (or if, in a forged one, there is no top)."""
    way: list[str] = []
    on_way: set[str] = set()
    at: str | None = native_id
    while at is not None and at not in roots and at in parents and at not in on_way:
        way.append(at)
        on_way.add(at)
        at = parents[at]
    if at is None:
        found: str | None = way[-1]
    else:
        found = roots.get(at)
    roots.update(dict.fromkeys(way, found))
    return found
