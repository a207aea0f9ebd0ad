"""Signed notes: other people's keys and notes are read, ours are read by the same rules, altered ones are refused."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from social_archive.errors import ConfigError
from social_archive.note import (
    BadNote,
    Checkpoint,
    Signer,
    Verifier,
    WrongKey,
    open_checkpoint,
    sign_checkpoint,
    txn_id,
    verify_note,
)

# From the documentation of golang.org/x/mod/sumdb/note (a fictional signer).
GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_NOTE = GO_TEXT + (
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ORIGIN = "larkspur.example/social-records"


@pytest.fixture
def signer() -> Signer:
    return Signer.generate(ORIGIN)


@pytest.fixture
def note(signer: Signer) -> str:
    return sign_checkpoint(signer, Checkpoint(ORIGIN, 7, b"r" * 32))


def test_the_published_note_of_another_implementation_verifies() -> None:
    assert verify_note(GO_NOTE, GO_VKEY) == GO_TEXT


def test_the_published_key_makes_the_published_note() -> None:
    signer = Signer.parse(GO_SKEY)
    assert signer.vkey == GO_VKEY
    assert signer.text() == GO_SKEY
    assert signer.sign_note(GO_TEXT) == GO_NOTE


def test_a_checkpoint_comes_back_as_it_was_signed(signer: Signer, note: str) -> None:
    assert open_checkpoint(note, signer.vkey) == Checkpoint(ORIGIN, 7, b"r" * 32)


def test_every_changed_byte_of_a_note_is_refused(signer: Signer, note: str) -> None:
    raw = note.encode()
    for i in range(len(raw)):
        altered = (raw[:i] + bytes([raw[i] ^ 1]) + raw[i + 1 :]).decode(errors="replace")
        with pytest.raises(BadNote):
            verify_note(altered, signer.vkey)


def test_a_note_cut_off_anywhere_is_refused(signer: Signer, note: str) -> None:
    for end in range(len(note)):
        with pytest.raises(BadNote):
            verify_note(note[:end], signer.vkey)


def test_another_key_of_the_same_name_is_not_accepted(note: str) -> None:
    with pytest.raises(WrongKey):
        verify_note(note, Signer.generate(ORIGIN).vkey)


def test_signatures_of_unknown_witnesses_are_ignored_and_a_wrong_one_of_ours_is_not(signer: Signer, note: str) -> None:
    witness = Signer.generate("witness.example")
    line = witness.sign_note(note.rpartition("\n\n")[0] + "\n").rpartition("\n\n")[2]
    assert verify_note(note + line, signer.vkey) == verify_note(note, signer.vkey)
    forged = line.replace("witness.example", ORIGIN)
    key_id = base64.b64encode(signer.key_id + b"\0" * 64).decode()
    with pytest.raises(BadNote, match="wrong"):
        verify_note(note + f"— {ORIGIN} {key_id}\n", signer.vkey)
    assert forged != line


ROOT = "A" * 43 + "=\n"


@pytest.mark.parametrize("text", ["o\n07\n" + ROOT, "o\n-1\n" + ROOT, "o\n7\nAAAA\n", "o\n٧\n" + ROOT, "o\n", ""])
def test_a_note_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "vkey",
    ["", "x", GO_VKEY.replace("a3+", "a4+"), GO_VKEY.replace("er", "ar"), GO_VKEY[:-4], GO_VKEY.replace("+A", "+B")],
)
def test_a_damaged_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        Verifier.parse(vkey)


def test_a_key_is_saved_for_its_owner_alone_and_never_overwritten(signer: Signer, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ledger.key"
    signer.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Signer.load(f"file:{path}").vkey == signer.vkey
    with pytest.raises(FileExistsError):
        Signer.generate(ORIGIN).save(path)


def test_a_key_comes_from_the_environment_too(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_KEY_OF_TEST", signer.text())
    assert Signer.load("env:LEDGER_KEY_OF_TEST").vkey == signer.vkey


def test_a_bad_key_is_refused_without_being_told(signer: Signer, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as missing:
        Signer.load(f"file:{tmp_path / 'nowhere'}")
    assert "nowhere" in str(missing.value)
    damaged = signer.text()[:-6] + "AAAAA="
    with pytest.raises(ConfigError) as bad:
        Signer.parse(damaged)
    secret = damaged.rpartition("+")[2]
    assert secret not in str(bad.value)
    assert signer.text().rpartition("+")[2] not in repr(signer)


def test_a_transaction_id_is_the_same_for_the_same_parts_and_key_only(signer: Signer) -> None:
    assert txn_id(signer, "a", "bc") == txn_id(signer, "a", "bc")
    others = {txn_id(signer, "ab", "c"), txn_id(signer, "a", "bc", ""), txn_id(Signer.generate(ORIGIN), "a", "bc")}
    assert len(others) == 3
    assert txn_id(signer, "a", "bc") not in others


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_an_origin_that_a_note_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        Signer.generate(name)
