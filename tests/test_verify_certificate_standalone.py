"""A stranger's page of Python and the archive's own check agree on every certificate, good or false."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from social_archive.note import Signer
from tests.social_archive.retention.certificates import ORIGIN, SIGNER, Certified, certified, resigned
from tests.social_archive.retention.test_certificate_note import BROKEN, LIES

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = b"%PDF-1.7 invented"
MADE = certified(pdf=PAGE)

Check = Callable[..., bool]


@pytest.fixture(scope="module")
def standalone() -> Check:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        spec = importlib.util.spec_from_file_location("verify_certificate", DOCS / "verify_certificate_standalone.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)

    def holds(body: bytes, note: str, pdf: bytes | None = None, vkey: str | None = None) -> bool:
        try:
            module.check(body, note, pdf, vkey)
        except module.WRONG:
            return False
        return True

    return holds


def test_the_stranger_accepts_what_the_archive_certifies(standalone: Check) -> None:
    assert standalone(MADE.body, MADE.note, PAGE, SIGNER.vkey)
    for made in (certified(), certified(released=True), certified(extra=60, batches=9)):
        assert standalone(made.body, made.note)


def test_the_stranger_counts_what_was_about_the_records_and_its_leaves(standalone: Check) -> None:
    made = certified(companions=True)
    assert standalone(made.body, made.note)
    assert not standalone(*resigned(made, lambda c: c["lines"][1].update(companions=2)))
    assert not standalone(*resigned(made, lambda c: c["lines"][1].pop("companions")))
    assert not standalone(*resigned(made, lambda c: c["leaves"][2].__setitem__(1, c["leaves"][2][1] - 3)))


@pytest.mark.parametrize("what", LIES)
def test_the_stranger_refuses_a_certificate_that_says_otherwise_than_the_ledger(what: str, standalone: Check) -> None:
    assert not standalone(*resigned(MADE, LIES[what][0]))


@pytest.mark.parametrize("what", BROKEN)
def test_the_stranger_refuses_a_disposal_that_broke_the_rules(what: str, standalone: Check) -> None:
    made = certified(BROKEN[what][0])
    assert not standalone(made.body, made.note)


def test_the_stranger_wants_the_published_key_the_pages_and_the_very_bytes(standalone: Check) -> None:
    assert not standalone(MADE.body, MADE.note, PAGE, Signer(ORIGIN, b"\x06" * 32).vkey)
    assert not standalone(MADE.body, MADE.note, PAGE + b"!")
    assert not standalone(MADE.body.replace(b":", b": ", 1), MADE.note)
    assert not standalone(MADE.body.replace(b'{"authority"', b'{"authority":{},"authority"', 1), MADE.note)
    for at in range(0, len(MADE.body), 997):
        assert not standalone(MADE.body[:at] + b"~" + MADE.body[at + 1 :], MADE.note)


def test_the_strangers_program_needs_nothing_of_ours(tmp_path: Path) -> None:
    file = laid_out(MADE, tmp_path)
    done = program(file, SIGNER.vkey)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "The certificate 2031-0004 holds: 19 records in 5 objects\n"
    file.with_suffix(".pdf").write_bytes(PAGE + b"!")
    done = program(file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the note signs other pages" in done.stderr


def laid_out(made: Certified, folder: Path) -> Path:
    (folder / "certificate.json").write_bytes(made.body)
    (folder / "certificate.note.txt").write_text(made.note, encoding="utf-8")
    (folder / "certificate.pdf").write_bytes(PAGE)
    return folder / "certificate.json"


def program(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it as a stranger would: none of the archive's code can be imported."""
    code = (
        "import runpy, sys; sys.modules.update(dict.fromkeys(['social_archive', 'sandbox', 'msgspec', 'pyarrow']));"
        f"sys.path.insert(0, {str(DOCS)!r}); sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-c", code, str(DOCS / "verify_certificate_standalone.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
