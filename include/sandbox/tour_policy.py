"""The tour's middle: the comment policy. Machines show evidence, people decide, and the ledger remembers who and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.tour import Tour

_PLANTED: Final = {
    "private_information": "private-information", "advertisement": "advertising", "charity": "solicitation",
    "hideable_comment": "solicitation", "threat": "unlawful", "copyrighted": "copyright",
}  # fmt: skip
"""Parts that comments of the invented library play, and the check that has to see each."""

_PAIRS: Final = (
    ("The director is WONDERFUL and everyone should know it!!", "The director is TERRIBLE and everyone should know it!!"),
    ("Vote YES on the levy and tell ten friends", "Vote NO on the levy and tell ten friends"),
    ("I trust the Fern Party with our library", "I trust the Moss Party with our library"),
    ("The board did a damn good job. Call me: 555-0188", "The board did a damn bad job. Call me: 555-0188"),
    ("Elect Bellweather! Donate: https://bellweather.example", "Elect Oakenshaw! Donate: https://oakenshaw.example"),
    ("Whoever drew this mural is a genius", "Whoever drew this mural is a fool"),
)  # fmt: skip
"""The same words for opposite sides (invented)."""


def policy_flags(t: Tour) -> str:
    """**Policy check.** Each new record is read under the library's comment policy. What a clause may be about is shown
    with its words, the rule and a sentence. It hides nothing, deletes nothing and decides nothing."""
    t.command("policy", "check")
    t.command("policy", "findings", "--strength", "strong", "--limit", "6")
    found = t.asked("policy", "findings", "--limit", "5000")
    by_record: dict[str, set[str]] = {}
    for one in found["findings"]:
        by_record.setdefault(one["rid"], set()).add(one["criterion"])
    for part, criterion in _PLANTED.items():
        (rid,) = _rids(t, [t.mastodon.role(part)])
        assert criterion in by_record.get(rid, ()), f"{part} was not shown to anybody"
    assert t.asked("policy", "check")["records"] == 0
    return f"{found['total']} findings about {len(by_record)} records"


def viewpoint_swap(t: Tour) -> str:
    """**No side is taken.** Praise and criticism, yes and no, one party and the other: comments that differ in nothing
    else are posted, harvested and checked. Both of each pair must be shown alike, or both not at all."""
    under = t.mastodon.role("editable_comment")
    ids = [[t.mastodon.reply(under, "odell", text)["id"] for text in pair] for pair in _PAIRS]
    t.harvest()
    t.command("policy", "check", show=False)
    found = t.asked("policy", "findings", "--limit", "5000")["findings"]
    flags = {one["rid"]: [] for one in found}
    for one in found:
        flags[one["rid"]].append((one["rule"], one["strength"]))
    alike = 0
    for pair, texts in zip(ids, _PAIRS, strict=True):
        left, right = (sorted(flags.get(rid, [])) for rid in _rids(t, pair))
        assert left == right, f"{texts}: {left} is not {right}"
        alike += 1
        t.console.print(f"  alike  {texts[0][:58]:60} {', '.join(sorted({rule for rule, _ in left})) or 'nothing shown'}",
                        markup=False, highlight=False)  # fmt: skip
    assert any(flags.get(rid) for pair in ids for rid in _rids(t, pair)), "pairs in which nothing is found prove little"
    return f"{alike} pairs, each flagged alike"


def _rids(t: Tour, native_ids: list[str]) -> list[str]:
    t.archive.catalog.catch_up()
    known = t.archive.catalog.latest("mastodon", "larkspur", native_ids)
    return [known[native_id].rid for native_id in native_ids]


STEPS: tuple[Any, ...] = (policy_flags, viewpoint_swap)
