"""A certificate holds for what the ledger says, and for nothing else; whoever signs a lie contradicts the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.entry import Draft
from social_archive.note import BadNote, Checkpoint, Signer, verify_note
from social_archive.retention.certificate_note import encode, sign, verify
from tests.social_archive.retention.certificates import (
    DISPOSAL,
    ORIGIN,
    PLAN,
    SIGNER,
    State,
    Tell,
    certified,
    resigned,
)

PAGE = b"%PDF-1.7 invented"
STRANGER = Signer(ORIGIN, b"\x06" * 32)
MADE = certified(pdf=PAGE)


def test_what_was_signed_holds_with_the_published_key_and_with_its_own() -> None:
    published = verify(MADE.body, MADE.note, pdf=PAGE, vkey=SIGNER.vkey)
    assert (published.problems, published.key_given, published.pdf_checked) == ([], True, True)
    own = verify(MADE.body, MADE.note)
    assert (own.ok, own.key_given, own.pdf_checked, own.vkey) == (True, False, False, SIGNER.vkey)
    assert own.certificate == MADE.certificate


def test_many_objects_one_batch_and_a_certificate_without_pages_hold_too() -> None:
    for other in (certified(extra=300, batches=7), certified(batches=1), certified(batches=5)):
        assert verify(other.body, other.note).problems == []


def test_what_was_about_the_records_is_counted_and_its_leaves_are_covered() -> None:
    made = certified(companions=True)
    assert verify(made.body, made.note).problems == []
    fewer = resigned(made, lambda c: c["lines"][1].update(companions=2))
    assert said(*fewer, "the lines tell 2 companions, the list of objects 3")
    silent = resigned(made, lambda c: c["lines"][1].pop("companions"))
    assert said(*silent, "the lines tell 0 companions, the list of objects 3")
    short = resigned(made, lambda c: c["leaves"][2].__setitem__(1, c["leaves"][2][1] - 3))
    assert said(*short, "the ranges cover 21 leaves of the ledger, the objects held 24 rows")


def test_what_was_kept_for_a_hold_is_named_and_the_rest_holds() -> None:
    kept = certified(released=True)
    assert verify(kept.body, kept.note).problems == []
    assert [e["code"] for e in kept.certificate["exceptions"]] == ["released"]
    silent = resigned(kept, lambda c: c["exceptions"].clear())
    assert said(*silent, "exceptions do not name what was released")


def test_the_note_can_be_read_by_others_and_is_never_taken_for_a_checkpoint() -> None:
    text = verify_note(MADE.note, SIGNER.vkey)
    assert text.splitlines()[:3] == ["social-records-archive/certificate/v1", "number 2031-0004", f"plan {PLAN}"]
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


def said(body: bytes, note: str, sentence: str) -> bool:
    """Is it refused, and with this sentence?"""
    report = verify(body, note)
    assert any(sentence in problem for problem in report.problems), report.problems
    return not report.ok


# --------------------------------------------------------------------------- the files


def test_any_saved_again_or_cut_file_is_refused_and_nothing_raises() -> None:
    again = json.dumps(MADE.certificate, indent=1).encode()
    assert said(again, MADE.note, "opened and saved")
    doubled = MADE.body.replace(b'{"authority"', b'{"authority":{},"authority"', 1)
    for body in (b"", b"null", b"[]", b"{}", MADE.body[:-1], MADE.body + b"\n", doubled, b"\xff\xfe", b"[" * 100_000):
        assert verify(body, MADE.note).problems


@settings(max_examples=150)
@given(at=st.integers(0, len(MADE.body) - 1), other=st.integers(1, 255))
def test_a_file_with_any_one_byte_changed_is_refused(at: int, other: int) -> None:
    body = bytearray(MADE.body)
    body[at] ^= other
    assert not verify(bytes(body), MADE.note).ok


@settings(max_examples=100)
@given(at=st.integers(0, len(MADE.note) - 1), other=st.characters(codec="utf-8"))
def test_a_note_with_any_one_character_changed_is_refused(at: int, other: str) -> None:
    note = MADE.note[:at] + other + MADE.note[at + 1 :]
    assert note == MADE.note or not verify(MADE.body, note, vkey=SIGNER.vkey).ok


def test_pages_that_were_swapped_or_never_signed_are_refused() -> None:
    (problem,) = verify(MADE.body, MADE.note, pdf=PAGE + b"!").problems
    assert "pages (PDF) are not those" in problem
    without = certified()
    assert "pages" in verify(without.body, without.note, pdf=PAGE).problems[0]


def test_the_key_of_somebody_else_signs_nothing_for_us() -> None:
    (problem,) = verify(MADE.body, MADE.note, vkey=STRANGER.vkey).problems
    assert "signature does not hold" in problem
    assert not verify(MADE.body, sign(STRANGER, MADE.body, PAGE), vkey=SIGNER.vkey).ok
    whole = certified(signer=STRANGER)  # a whole ledger of the same name by another key
    assert verify(whole.body, whole.note).ok
    assert not verify(whole.body, whole.note, vkey=SIGNER.vkey).ok
    assert "not an Ed25519 verifier key" in verify(MADE.body, MADE.note, vkey="no key").problems[0]


def test_the_checkpoint_of_another_ledger_or_moment_does_not_stand_for_this_one() -> None:
    other = certified(signer=STRANGER).certificate["ledger"]
    assert said(*resigned(MADE, lambda c: c.update(ledger={**other, "vkey": SIGNER.vkey})), "checkpoint in the cert")
    twin = certified(lambda drafts: drafts[1].note.update(on="2031-01-21"))  # the same key, another history
    assert said(*resigned(MADE, lambda c: c.update(ledger=twin.certificate["ledger"])), "is not in the ledger that")
    early = next(e for e in MADE.entries if e.header["what"] == "disposal.verified")
    position = {"size": early.head.size, "root": early.head.root.hex(), "checkpoint": early.checkpoint}
    assert said(*resigned(MADE, lambda c: c["ledger"].update(position)), "is not in the ledger that")
    assert said(*resigned(MADE, lambda c: c["ledger"].update(size=9)), "not that of its checkpoint")
    foreign = Signer("elsewhere.example/records", b"\x05" * 32)
    assert said(*resigned(MADE, lambda c: c["ledger"].update(vkey=foreign.vkey)), "signature does not hold")


# --------------------------------------------------------------------------- a lie that is signed

LIES: dict[str, tuple[State, str]] = {
    "a count": (lambda c: c["lines"][0].update(records=11), "the lines tell 18 records, the list of objects 19"),
    "a total": (lambda c: c["totals"].update(bytes=1), "the total of bytes is 1"),
    "the objects' rows": (lambda c: c["objects"][0].update(rows=11), "the ranges cover 21 leaves"),
    "an object's size": (lambda c: c["objects"][1].update(size=5), "bytes"),
    "media": (lambda c: c["lines"][0].update(media=2), "the lines tell 2 media, the list of objects 1"),
    "an object twice": (lambda c: c["objects"].append(c["objects"][0]), "is in the certificate twice"),
    "an object left out": (lambda c: c["objects"].pop(2), "was destroyed, but is missing from the certificate"),
    "an object put in": (
        lambda c: c["objects"].append({**c["objects"][1], "key": "media/elsewhere"}), "the ledger does not say"
    ),
    "another version": (lambda c: c["objects"][0].update(version="v-other"), "the ledger does not say"),
    "the time of an end": (
        lambda c: c["objects"][0].update(destroyed_at="2031-03-03T15:00:01Z"), "tells the end of object"
    ),
    "the lock before": (lambda c: c["objects"][0]["lock"].update(hold=False), "tells the end of object"),
    "the request": (lambda c: c["objects"][0].update(request_id=None), "tells the end of object"),
    "the span": (lambda c: c["destroyed"].update({"to": "2031-03-04T00:00:00Z"}), "first and last time"),
    "an eligible day": (lambda c: c["lines"][1].update(eligible="2031-03-05"), "destroyed before 2031-03-05"),
    "ranges that overlap": (lambda c: c["leaves"][1].__setitem__(0, c["leaves"][0][1]), "overlap"),
    "a range turned round": (lambda c: c["leaves"][0].reverse(), "turned round"),
    "a range too long": (lambda c: c["leaves"][2].__setitem__(1, c["leaves"][2][1] + 1), "cover 22 leaves"),
    "a range that is younger": (
        lambda c: c["leaves"].__setitem__(2, [c["evidence"][0]["leaf_index"] + i for i in (0, 6)]), "younger"
    ),
    "another disposal": (lambda c: c.update(disposal="another"), "speaks of another disposal"),
    "another plan": (lambda c: c.update(plan="00" * 32), "list that was proposed is not the one"),
    "the proposer": (lambda c: c["people"]["proposed"].update(by="director"), "another proposer"),
    "an approver": (lambda c: c["people"]["approved"][1].update(by="mayor"), "other approvers"),
    "an approval's time": (lambda c: c["people"]["approved"][0].update(at="2031-03-01T00:00:00Z"), "other approvers"),
    "an approver less": (lambda c: c["people"]["approved"].pop(), "other approvers"),
    "the day of filing": (lambda c: c["authority"].update(filed="2030-12-01"), "tells the filing"),
    "the reference": (lambda c: c["authority"]["returned"].update(reference="x"), "authority's answer otherwise"),
    "no answer": (lambda c: c["authority"].update(returned=None), "authority's answer otherwise"),
    "a checked position": (lambda c: c["statement"]["checked"].pop(), "the statement on holds was not checked"),
    "a round": (lambda c: c["places"][0]["rounds"].pop(), "tells the verification otherwise"),
    "a place": (lambda c: c["places"].pop(), "tells the verification otherwise"),
    "a place twice": (lambda c: c["places"].append(c["places"][0]), "tells the verification otherwise"),
    "a result": (lambda c: c["places"][4]["rounds"][0].update(result="gone"), "tells the verification otherwise"),
    "an exception made up": (
        lambda c: c["exceptions"].append({"code": "released", "sentence": "", "objects": 1, "records": 0}),
        "exceptions do not name what was released",
    ),
    "evidence out of order": (lambda c: c["evidence"].reverse(), "order of the ledger"),
    "evidence twice": (lambda c: c["evidence"].append(c["evidence"][-1]), "order of the ledger"),
    "no evidence": (lambda c: c["evidence"].clear(), "exactly one proposal"),
    "no proposal": (lambda c: c["evidence"].pop(0), "exactly one proposal"),
    "no claim": (lambda c: c["evidence"].pop(5), "batches that were claimed are not those that were destroyed"),
    "no end": (lambda c: c["evidence"].pop(6), "batches that were claimed are not those that were destroyed"),
    "no second round": (lambda c: c["evidence"].pop(), "2 rounds of verification"),
    "an altered line": (
        lambda c: c["evidence"][3].update(leaf=c["evidence"][3]["leaf"].replace('"records"', '"nobody"')),
        "is not in the ledger",
    ),
    "a line spelled otherwise": (
        lambda c: c["evidence"][3].update(leaf=c["evidence"][3]["leaf"].replace(":", ": ")), "not a line that"
    ),
    "a line's number": (lambda c: c["evidence"][3].update(n=99), "not a line that the ledger could hold"),
    "a line's place": (lambda c: c["evidence"][3].update(leaf_index=3), "is not in the ledger"),
    "a line's path": (lambda c: c["evidence"][3]["inclusion"].pop(), "is not in the ledger"),
    "no ledger": (lambda c: c.pop("places"), "lacks something"),
    "a size that is none": (lambda c: c["objects"][0].update(size=-1), "another form"),
    "a number over two lines": (lambda c: c.update(number="4\nplan 00"), "another form"),
    "the key": (lambda c: c["ledger"].update(vkey=STRANGER.vkey), "signature does not hold"),
}  # fmt: skip


@pytest.mark.parametrize("what", LIES)
def test_a_certificate_that_says_otherwise_than_the_ledger_is_refused_although_it_is_signed(what: str) -> None:
    lie, sentence = LIES[what]
    assert said(*resigned(MADE, lie), sentence)


# --------------------------------------------------------------------------- a disposal that broke the rules


def noting(what: str, **changes: Any) -> Tell:
    """The first entry of a kind notes something else."""
    return lambda drafts: first(drafts, what).note.update(changes)  # type: ignore[union-attr]


def first(drafts: list[Draft], what: str) -> Draft:
    return next(draft for draft in drafts if draft.what == f"disposal.{what}")


def without(what: str) -> Tell:
    return lambda drafts: drafts.remove(first(drafts, what))


def moved(what: str, before: str) -> Tell:
    def move(drafts: list[Draft]) -> None:
        draft = [draft for draft in drafts if draft.what == f"disposal.{what}"][-1]
        drafts.remove(draft)
        drafts.insert(drafts.index(first(drafts, before)), draft)

    return move


def last_round(**result: Any) -> Tell:
    return lambda drafts: drafts[-1].note["places"][1].update(result)  # type: ignore[index]


def also(what: str, note: dict[str, Any], at: int) -> Tell:
    return lambda drafts: drafts.insert(at, Draft(f"disposal.{what}", "more", note={"disposal": DISPOSAL, **note}))


def claimed_otherwise(change: Callable[[list[Any]], object]) -> Tell:
    return lambda drafts: change(first(drafts, "claimed").note["objects"])  # type: ignore[index]


def twice_destroyed(drafts: list[Draft]) -> None:
    one, two = (draft.note for draft in drafts if draft.what == "disposal.destroyed")
    two["objects"].append(one["objects"][0])  # type: ignore[index]


BROKEN: dict[str, tuple[Tell, str]] = {
    "one approver twice": (noting("approved", by="director"), "one person approved twice"),
    "one approver under two spellings": (noting("approved", by=" Director"), "one person approved twice"),
    "the proposer approves": (noting("approved", by="desk"), "who proposed the disposal also approved it"),
    "one approval": (without("approved"), "there are not two approvals"),
    "three approvals": (
        also("approved", {"plan": PLAN, "by": "mayor", "via": "cli", "place": 2}, 5), "there are not two approvals"
    ),
    "twice in the first place": (noting("approved", place=2), "there are not two approvals"),
    "another plan approved": (noting("approved", plan="11" * 32), "is for another list"),
    "another plan claimed": (noting("claimed", plan="11" * 32), "the claim in entry"),
    "another plan proposed": (noting("proposed", plan="11" * 32), "list that was proposed is not the one"),
    "a plan that was never stored": (lambda d: d[0].objects.clear(), "list that was proposed is not the one"),
    "more was proposed": (noting("proposed", objects=6), "6 objects were proposed"),
    "more records were proposed": (noting("proposed", records=20), "20 records were proposed"),
    "fewer bytes were proposed": (noting("proposed", bytes=1), "1 bytes were proposed"),
    "approved after the claim": (moved("claimed", "approved"), "claimed before the disposal was approved twice"),
    "claimed before the answer": (moved("claimed", "returned"), "before the authority's answer"),
    "destroyed before it was claimed": (moved("destroyed", "claimed"), "destroyed before it was claimed"),
    "verified before it was destroyed": (moved("verified", "destroyed"), "before the last object was destroyed"),
    "done before it was proposed": (moved("filed", "proposed"), "before the disposal was proposed"),
    "withdrawn": (also("withdrawn", {"by": "director", "reason": "x"}, 5), "was withdrawn"),
    "of another disposal": (noting("verified", disposal="another"), "speaks of another disposal"),
    "deferred": (noting("returned", outcome="deferred"), "approval is required and was not given"),
    "never answered": (without("returned"), "approval is required and was not given"),
    "a batch twice": (noting("claimed", batch=2), "each once"),
    "an object that nobody claimed": (claimed_otherwise(list.clear), "was destroyed without a claim"),
    "an object forgotten": (
        claimed_otherwise(lambda o: o.append(["media/forgotten", "v-f"])), "nothing says what became of it"
    ),
    "an object released and destroyed": (
        lambda d: first(d, "destroyed").note["released"].append(first(d, "claimed").note["objects"][0][0]),
        "released an object that it destroyed",
    ),
    "an object destroyed twice": (twice_destroyed, "was destroyed twice"),
    "a place pending": (last_round(result="pending"), "place replica:vault: the last round did not show"),
    "a place forgotten": (lambda d: d[-1].note["places"].pop(1), "place replica:vault: the last round did not show"),
    "a place unverifiable and not said": (last_round(result="not_verifiable"), "not named among the exceptions"),
    "rounds of one number": (lambda d: d[-1].note.update(round=1), "2 rounds of verification"),
    "one round": (lambda d: d.pop(), "2 rounds of verification"),
    "no places": (
        lambda d: [draft.note["places"].clear() for draft in d if draft.what == "disposal.verified"],
        "no place was shown to be empty",
    ),
    "a note without a plan": (lambda d: first(d, "approved").note.pop("plan"), "not a line that the ledger could hold"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_disposal_that_broke_the_rules_gets_no_certificate_that_holds(what: str) -> None:
    tell, sentence = BROKEN[what]
    made = certified(tell)
    assert said(made.body, made.note, sentence)


def test_a_place_that_cannot_be_verified_may_be_named_as_an_exception() -> None:
    unseen = {"code": "not_verifiable", "sentence": "The vault cannot be listed.", "objects": 5, "records": 19}
    made = certified(last_round(result="not_verifiable"), lambda c: c["exceptions"].append(unseen))
    assert verify(made.body, made.note).problems == []


def test_an_answer_counts_only_if_it_came_last() -> None:
    again = {"outcome": "approved", "reference": "second", "on": "2031-02-28"}

    def deferred_first(drafts: list[Draft]) -> None:
        drafts[2].note.update(outcome="deferred")  # type: ignore[union-attr]
        also("returned", again, 3)(drafts)

    made = certified(deferred_first)
    assert made.certificate["authority"]["returned"] == again
    assert verify(made.body, made.note).problems == []


def test_where_no_authority_is_asked_none_need_answer() -> None:
    def unasked(drafts: list[Draft]) -> None:
        without("filed")(drafts)
        without("returned")(drafts)

    made = certified(unasked, lambda c: c["authority"].update(required=False))
    assert verify(made.body, made.note).problems == []
    assert said(*resigned(made, lambda c: c["authority"].update(required=True)), "required and was not given")


# --------------------------------------------------------------------------- other shapes


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a JSON document, lists only at their first."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


@pytest.mark.parametrize("junk", [None, True, -1, 2**70, 1.5, "", "x", [], [[]], {}], ids=repr)
def test_a_value_of_any_other_shape_anywhere_raises_nothing(junk: Any) -> None:
    tried = 0
    for path in places(MADE.certificate):
        if path[0] in ("ledger", "number", "plan") and path != ("ledger", "checkpoint"):
            continue  # the note's own text needs these
        *above, last = path

        def change(c: dict[str, Any], above: list[Any] = above, last: Any = last) -> None:
            for key in above:
                c = c[key]
            c[last] = junk

        body, note = resigned(MADE, change)
        verify(body, note)
        tried += 1
    assert tried > 100


@pytest.mark.parametrize("ledger", [None, [], 7, {}, {"vkey": 5}])
def test_a_ledger_position_of_another_shape_is_refused_and_nothing_raises(ledger: Any) -> None:
    assert verify(encode({**MADE.certificate, "ledger": ledger}), MADE.note).problems
