"""The note over a statement: it holds for what was signed, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from social_archive.coverage import encode
from social_archive.coverage_note import sign, verify
from social_archive.note import BadNote, Checkpoint, Signer, verify_note
from tests.social_archive.statements import ORIGIN, ROOT, SIGNER, flipped, statement

PAGE = b"%PDF-1.7 invented"
STATED = statement()
BODY = encode(STATED)
NOTE = sign(SIGNER, BODY, PAGE)


def test_what_was_signed_holds_with_the_published_key_and_with_its_own() -> None:
    published = verify(BODY, NOTE, pdf=PAGE, vkey=SIGNER.vkey)
    assert (published.ok, published.key_given, published.pdf_checked) == (True, True, True)
    own = verify(BODY, NOTE)
    assert (own.ok, own.key_given, own.pdf_checked, own.vkey) == (True, False, False, SIGNER.vkey)


def test_a_statement_without_a_page_has_a_note_too() -> None:
    note = sign(SIGNER, BODY, None)
    assert verify(BODY, note).ok
    assert "not the one that the note signs" in verify(BODY, note, pdf=PAGE).problems[0]


def test_the_note_can_be_read_by_others_and_is_never_taken_for_a_checkpoint() -> None:
    text = verify_note(NOTE, SIGNER.vkey)
    assert text.splitlines()[:2] == ["social-records-archive/coverage/v1", "account mastodon/larkspur"]
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


def change(stated: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> bytes:
    other = json.loads(json.dumps(stated))
    change(other)
    return encode(other)


ALTERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a count": lambda s: s["absent"].update(deleted=0),
    "the account": lambda s: s["account"].update(name="larkspur-kids"),
    "the period": lambda s: s["period"].update(to="2027-01-01T06:00:00Z"),
    "a sentence": lambda s: s["claim"]["cannot"].clear(),
    "a gap": lambda s: s["gaps"].pop(),
    "the root": lambda s: s["ledger"].update(root="00" * 32),
    "the size": lambda s: s["ledger"].update(size=4712),
    "the key": lambda s: s["ledger"].update(vkey=Signer(ORIGIN, b"\x06" * 32).vkey),
    "the format": lambda s: s.update(format="another"),
    "no ledger": lambda s: s.pop("ledger"),
    "no account": lambda s: s.pop("account"),
}


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_statement_does_not_hold(what: str) -> None:
    assert not verify(change(STATED, ALTERED[what]), NOTE).ok


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"format": "social-records-archive/coverage/v1"}', json.dumps(STATED).encode(),
     BODY[:-1], BODY + b"\n", BODY.replace(b'{"absent"', b'{"absent":{},"absent"', 1), b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_statement_or_was_saved_again_is_refused_and_nothing_raises(body: bytes) -> None:
    assert verify(body, NOTE).problems


@pytest.mark.parametrize("ledger", [None, [], 7, {"vkey": 5}, {**STATED["ledger"], "checkpoint": None}])
def test_a_ledger_position_of_another_shape_is_refused_and_nothing_raises(ledger: Any) -> None:
    assert verify(encode({**STATED, "ledger": ledger}), NOTE).problems


def test_an_altered_page_or_note_does_not_hold() -> None:
    assert "page" in verify(BODY, NOTE, pdf=PAGE + b"!").problems[0]
    head, signature = NOTE.rsplit(" ", 1)
    assert "signature" in verify(BODY, f"{head} {flipped(signature.strip())}\n").problems[0]
    assert not verify(BODY, NOTE.replace("2026-12-01", "2026-12-02")).ok
    assert not verify(BODY, "no note at all").ok


def test_the_key_of_somebody_else_signs_nothing_for_us() -> None:
    stranger = Signer(ORIGIN, b"\x06" * 32)
    forged = sign(stranger, BODY, PAGE)
    assert not verify(BODY, forged, vkey=SIGNER.vkey).ok
    assert not verify(BODY, NOTE, vkey=stranger.vkey).ok


def test_a_checkpoint_of_another_position_does_not_stand_for_this_one() -> None:
    ledger = {**STATED["ledger"], "size": 5, "root": ROOT.hex()}
    body = encode({**STATED, "ledger": ledger})
    assert "ledger position" in verify(body, sign(SIGNER, body, None)).problems[0]
