"""The tour's middle: the comment policy. Machines show evidence, people decide, the ledger remembers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.tour import Tour

_PLANTED: Final = {
    "private_information": "private-information", "advertisement": "advertising", "charity": "solicitation",
    "hideable_comment": "solicitation", "copyrighted": "copyright",
}  # fmt: skip
"""Parts that comments of the invented library play, and the check that has to see each."""

_PAIRS: Final = (
    ("The director is WONDERFUL, everyone should know!!", "The director is TERRIBLE, everyone should know!!"),
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
    flags: dict[str, list[tuple[str, str]]] = {}
    for one in found:
        flags.setdefault(one["rid"], []).append((one["rule"], one["strength"]))
    shown = 0
    for pair, texts in zip(ids, _PAIRS, strict=True):
        left, right = (sorted(flags.get(rid, [])) for rid in _rids(t, pair))
        assert left == right, f"{texts}: {left} is not {right}"
        shown += bool(left)
        rules = ", ".join(sorted({rule for rule, _ in left})) or "nothing shown"
        t.console.print(f"  alike  {texts[0][:58]:60} {rules}", markup=False, highlight=False)
    assert shown, "pairs in which nothing is found prove little"
    return f"{len(_PAIRS)} pairs flagged alike, {shown} of them with findings"


def decision(t: Tour) -> str:
    """**A person decides.** The records officer sees the words in their thread, with what the evidence cannot tell, and
    decides with a reason. The record is kept, found and disclosed as before. What the library then hides on its page
    is matched with the decision; what it hides without one is asked about."""
    bluesky = t.controls["bluesky"]
    decided, silent = bluesky.role("advertisement"), bluesky.role("charity")
    rid, other = _rids(t, [decided, silent])
    t.command("review", "list", "--criterion", "advertising", "--limit", "3")
    t.command("review", "show", rid)
    before = [t.command("--json", *words, show=False) for words in (("find", "gutters"), ("why", rid))]
    t.command("review", "decide", rid, "--verdict", "violation", "--clause", "advertising", "--by", "records",
              "--rationale", "A shop's offer with a price and a number, on a post about books (invented)")  # fmt: skip
    assert before == [t.command("--json", *words, show=False) for words in (("find", "gutters"), ("why", rid))]
    bluesky.hide(decided)
    bluesky.hide(silent)
    t.harvest("larkspur-bluesky")
    t.command("moderation", "unmatched", "--account", "bluesky/larkspur-bluesky")
    statuses = {one["rid"]: one["status"] for one in t.asked("moderation", "list")["events"]}
    assert (statuses[rid], statuses[other]) == ("matched", "unmatched"), statuses
    t.command("moderation", "explain", other, "--cause", "us", "--clause", "solicitation-campaigning", "--by",
              "records", "--reason", "Hidden by the desk before anybody wrote it down (invented)")  # fmt: skip
    out = t.archive.state / "policy-report"
    t.command("policy", "report", "--month", f"{date.today():%Y-%m}", "--out", str(out))
    assert {path.suffix for path in out.iterdir()} == {".pdf", ".html", ".json"}
    waiting = t.asked("review", "list")["records"]
    return f"1 removal matched, 1 asked about; {waiting} records wait for a person"


def notice(t: Tour) -> str:
    """**Does the profile tell the public?** Each account has to say that what is posted, or submitted for posting, is
    open to disclosure: in its profile, a pinned post, or a page that it links to. Who tells less is named."""
    t.command("notice", "check")
    results = {one["account"]: one["result"] for one in t.asked("notice", "list")["accounts"]}
    assert results["mastodon/larkspur"] == "in_profile", results
    t.mastodon.describe("larkspur", "Books and foxes. (invented)")
    t.harvest()
    t.command("notice", "check", "mastodon/larkspur")
    worse = [one for one in t.asked("notice", "list")["accounts"] if one["was"]]
    assert [one["account"] for one in worse] == ["mastodon/larkspur"], worse
    assert any(one["code"] == "notice" for one in t.asked("digest")["matters"])
    told = sorted({result for result in results.values() if result})
    return f"{', '.join(told).replace('_', ' ')}; 1 account tells less than before"


def possible_foia_request(t: Tour) -> str:
    """**A request in a comment.** A request needs no form. A comment that may be one is shown to the FOIA officer with
    the day on which an answer would be due; a person says what it is, and the clock is not in doubt meanwhile."""
    asked = "Under FOIA I request copies of all invoices for the parking lot (invented)"
    posted = t.mastodon.reply(t.mastodon.role("editable_comment"), "odell", asked)["id"]
    t.harvest()
    t.command("policy", "check", show=False)
    t.command("foia", "alerts")
    (rid,) = _rids(t, [posted])
    (alert,) = [one for one in t.asked("foia", "alerts")["alerts"] if one["rid"] == rid]
    t.command("foia", "answer", alert["finding"], "--is-request", "--number", "26-014", "--by", "records", "--reason",
              "Names the records that are wanted (invented)")  # fmt: skip
    assert rid not in {one["rid"] for one in t.asked("foia", "alerts")["alerts"]}
    return f"received {alert['received']}, an answer is due by {alert['due']['safe']}"


def _rids(t: Tour, native_ids: list[str]) -> list[str]:
    """The records of things by the platform's ids, whichever account they are of."""
    t.archive.catalog.catch_up()
    known: dict[str, Any] = {}
    for account in t.archive.agency.enabled_accounts():
        known |= t.archive.catalog.latest(account.platform, account.name, native_ids)
    return [known[native_id].rid for native_id in native_ids]


STEPS: tuple[Any, ...] = (policy_flags, viewpoint_swap, decision, notice, possible_foia_request)
