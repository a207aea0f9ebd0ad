"""The process that typesets: the same bytes, what it finds is told, and nothing of it is left."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from social_archive.documents.typesetting import NotTypeset
from social_archive.errors import ArchiveError
from social_archive.foia.bundle import build, press, records_pdf
from social_archive.foia.bundle.press import HERE, Elsewhere, PressFailed, Sheet
from social_archive.foia.bundle.reading import groups
from social_archive.foia.dispositions import Term
from social_archive.foia.leaks import Leaks
from tests.social_archive.foia.bundle.paper_scene import contents

AT = datetime(2026, 3, 1, tzinfo=UTC)
SCENE = contents()


def sheets(count: int = 3) -> Iterator[Sheet]:
    """Several parts of what people read, the same but for their numbers."""
    (part,) = records_pdf.parts(groups(SCENE))
    for number in range(count):
        yield Sheet(f"3-records/{number}.pdf", records_pdf.content(SCENE, part) | {"part": f"part {number}"})


@contextmanager
def elsewhere(folder: Path, *terms: str) -> Iterator[Elsewhere]:
    with Elsewhere(folder / "press") as other:
        other.look_for([Term(text, "7(1)(c)", "act") for text in terms], "", "")
        yield other


def bodies(files: Iterator[press.File]) -> dict[str, bytes]:
    return {f.path: f.body if isinstance(f.body, bytes) else f.body.read_bytes() for f in files}


def test_it_makes_the_same_files_in_their_order(tmp_path: Path) -> None:
    with elsewhere(tmp_path, "Nobody Whatever") as other:
        made = list(other.files(records_pdf.TEMPLATE, sheets(6), AT))
    assert all(file.looked_into for file in made)
    assert [file.sha256 for file in made] == [hashlib.sha256(body).hexdigest() for body in bodies(iter(made)).values()]
    here = bodies(HERE.files(records_pdf.TEMPLATE, sheets(6), AT))
    assert list(here) == [file.path for file in made] == [sheet.path for sheet in sheets(6)]
    assert bodies(iter(made)) == here


def test_a_word_that_must_not_leave_is_found_there(tmp_path: Path) -> None:
    with elsewhere(tmp_path, "Ada") as other, pytest.raises(Leaks, match=r"3-records/0.pdf \(.*\): action act"):
        list(other.files(records_pdf.TEMPLATE, sheets(), AT))


def test_what_it_cannot_set_is_said_without_its_words(tmp_path: Path) -> None:
    with elsewhere(tmp_path) as other, pytest.raises(NotTypeset) as told:
        list(other.files(records_pdf.TEMPLATE, [Sheet("a.pdf", {"secret": "Zelda"})], AT))
    assert "Zelda" not in str(told.value)


def test_an_error_of_whoever_gives_the_sheets_arrives(tmp_path: Path) -> None:
    def broken() -> Iterator[Sheet]:
        yield from sheets(1)
        raise ArchiveError("A record is not there.")

    with elsewhere(tmp_path) as other:
        files = other.files(records_pdf.TEMPLATE, broken(), AT)
        assert next(files).path == "3-records/0.pdf"
        with pytest.raises(ArchiveError, match="not there"):
            next(files)


def test_one_that_is_ended_from_outside_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with elsewhere(tmp_path) as other:
        files = other.files(records_pdf.TEMPLATE, sheets(40), AT)
        next(files)
        os.kill(other._process.pid, signal.SIGKILL)
        with pytest.raises(PressFailed, match="memory limit"):
            list(files)


def test_whoever_gives_up_leaves_no_process_behind(tmp_path: Path) -> None:
    with elsewhere(tmp_path) as other:
        next(other.files(records_pdf.TEMPLATE, sheets(500), AT))
        assert psutil.pid_exists(other._process.pid)
    assert not psutil.pid_exists(other._process.pid)


def test_it_ends_when_the_build_is_killed(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:  # the build, which dies in the middle
        with elsewhere(tmp_path) as other:
            next(other.files(records_pdf.TEMPLATE, sheets(60), AT))
            (tmp_path / "pid").write_text(str(other._process.pid))
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the process goes on although nobody waits for it"
        time.sleep(0.05)


def test_a_large_bundle_is_made_by_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = SCENE.request.file.last("searched")
    assert searched is not None
    monkeypatch.setattr(build, "TWO_PROCESSES", searched.told["hits"] + 1)
    with build.press_for(SCENE.request, tmp_path / "one") as here, build.begun(SCENE, here) as longest:
        assert here is HERE
        alone = bodies(longest)
    monkeypatch.setattr(build, "TWO_PROCESSES", searched.told["hits"])
    with build.press_for(SCENE.request, tmp_path / "two") as other, build.begun(SCENE, other) as longest:
        assert isinstance(other, Elsewhere)
        files = list(longest)
        assert [file.looked_into for file in files] == [True]
        assert bodies(iter(files)) == alone
