"""What would leave against what was decided: where they differ, nothing leaves, and it is said where."""

from __future__ import annotations

from dataclasses import replace

from social_archive.foia.as_decided import faults
from social_archive.foia.dispositions import Hit, Item, ShownItem, ShownMedia, ShownVersion

CODE = "7(1)(c)"
PHOTO = ShownMedia(0, "image/png", None, "/copy", "ab" * 32, 9)
WHOLE = ShownVersion(1, {}, b"{}", frozenset({"body"}), {}, (PHOTO,), {"media": [{"sha256": "ab" * 32}]})
CUT = replace(WHOLE, native=None, cut={"body": (CODE,), "native": (CODE,)})
RELEASED = ShownItem(Item(Hit(1, "r1", (1,)), "LPL-0001", "released"), (WHOLE,))
REDACTED = ShownItem(Item(Hit(2, "r2", (1,)), "LPL-0002", "redacted", (CODE,)), (CUT,))
WITHHELD = ShownItem(Item(Hit(3, "r3", (1,)), "LPL-0003", "withheld", (CODE,)), ())
DISPOSED = ShownItem(Item(Hit(4, "r4", (1,)), "LPL-0004", "disposed", certificate="2026-1"), ())


def test_what_is_as_it_was_decided_has_no_fault() -> None:
    assert list(faults([RELEASED, REDACTED, WITHHELD, DISPOSED])) == []


def test_everything_that_is_not_is_named() -> None:
    missing = replace(PHOTO, path=None)
    held_back = replace(PHOTO, code=CODE, path=None)
    wrong = [
        replace(RELEASED, versions=(CUT,)),
        replace(RELEASED, versions=(replace(WHOLE, media=(missing,)),)),
        replace(RELEASED, versions=(replace(WHOLE, media=(held_back,)),)),
        replace(RELEASED, versions=()),
        replace(RELEASED, versions=(WHOLE, replace(WHOLE, version=2))),
        replace(RELEASED, item=replace(RELEASED.item, outcome="undecided")),
        replace(REDACTED, versions=(WHOLE,)),
        replace(REDACTED, versions=(replace(CUT, cut={"body": ("7(1)(b)",)}),)),
        replace(WITHHELD, versions=(WHOLE,)),
    ]
    for one in wrong:
        assert list(faults([RELEASED, one])) == [one.item.control]
