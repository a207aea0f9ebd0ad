"""`archive certificate verify`: what a stranger does with the three files, without our archive."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from social_archive.cli import signed_files
from social_archive.documents.certificate import pdf
from social_archive.retention.certificate_note import sign
from tests.social_archive.cli.conftest import Run
from tests.social_archive.retention.certificates import SIGNER, certified, resigned

MADE = certified(released=True)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The certificate's JSON; note and real pages beside it; nothing of an archive anywhere."""
    monkeypatch.setenv("ARCHIVE_AGENCY", "/nowhere")
    monkeypatch.setenv("ARCHIVE_S3_ENDPOINT", "http://127.0.0.1:9")
    pages = pdf(MADE.certificate, MADE.body)
    return laid_out(tmp_path, MADE.body, sign(SIGNER, MADE.body, pages), pages)


def laid_out(folder: Path, body: bytes, note: str, pages: bytes | None = None) -> Path:
    (folder / "certificate.json").write_bytes(body)
    (folder / "certificate.note.txt").write_text(note, encoding="utf-8")
    if pages is not None:
        (folder / "certificate.pdf").write_bytes(pages)
    return folder / "certificate.json"


def test_it_holds_and_says_what_was_destroyed_by_whom_and_what_was_kept(run: Run, file: Path) -> None:
    for named in (file, file.with_suffix(".pdf"), file.with_suffix(".note.txt")):
        held = run("certificate", "verify", str(named))
        assert (held.code, "The certificate holds." in held.out) == (0, True), held.out + held.err
    for words in ("2031-0004", "7 records in 4 objects", "records, director", "LRC 31-118", "those that were signed",
                  "A hold was placed after the approval", "compare it with the one"):  # fmt: skip
        assert words in held.out, held.out
    given = run("certificate", "verify", str(file), "--vkey", SIGNER.vkey)
    assert "compare it with the one" not in given.out


def test_it_answers_programs_too(run: Run, file: Path) -> None:
    told = run("certificate", "verify", str(file), "--vkey", SIGNER.vkey, "--json").json
    assert (told["ok"], told["vkey_given"], told["pdf_checked"], told["number"]) == (True, True, True, "2031-0004")
    assert run("--json", "certificate", "verify", str(file)).json["totals"] == MADE.certificate["totals"]
    file.write_bytes(MADE.body[:-1])
    assert run("certificate", "--json", "verify", str(file)).json["problems"]


def test_what_does_not_hold_ends_with_3_and_a_sentence(run: Run, file: Path, tmp_path: Path) -> None:
    pages = file.with_suffix(".pdf")
    pages.write_bytes(pages.read_bytes() + b"%")
    refused = run("certificate", "verify", str(file))
    assert (refused.code, "does not hold" in refused.out, "pages (PDF)" in refused.out) == (3, True, True)
    pages.unlink()
    assert "not beside it, not checked" in run("certificate", "verify", str(file)).out
    lie = laid_out(tmp_path, *resigned(MADE, lambda c: c["totals"].update(records=8)))
    refused = run("certificate", "verify", str(lie))
    assert (refused.code, "the total of records is 8" in refused.out) == (3, True)
    assert run("certificate", "verify", str(lie), "--vkey", "nonsense").code == 3


def test_files_that_are_missing_or_absurd_are_an_error_that_says_what_to_do(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lonely = tmp_path / "lonely.json"
    shutil.copy(file, lonely)
    missing = run("certificate", "verify", str(lonely))
    assert (missing.code, "certificate's three files in one folder" in missing.err) == (1, True)
    monkeypatch.setattr(signed_files, "_LARGEST", 10)
    assert "too large to be part of a certificate" in run("certificate", "verify", str(file)).err


def test_hostile_text_in_a_certificate_does_not_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    file = laid_out(tmp_path, *resigned(MADE, lambda c: c["authority"].update(name="Comm\x1b[2Jission\u202e")))
    shown = run("certificate", "verify", str(file)).out
    assert ("\x1b" in shown, "\u202e" in shown, "‹ESC›" in shown) == (False, False, True)


def test_help_shows_how(run: Run) -> None:
    assert "archive certificate verify certificate.json" in " ".join(run("certificate", "verify", "--help").out.split())
