"""Running the command line as a person would: its own process state, what it printed, its exit code."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from social_archive.cli import main


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`run("find", "parking")` is `archive find parking`; the state folder is the test's own."""
    monkeypatch.setenv("ARCHIVE_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("ARCHIVE_AGENCY", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)  # of whoever runs the tests

    def archive(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["archive", *arguments])
        capsys.readouterr()
        code: int | str | None = 0
        with contextlib.suppress(SystemExit):
            try:
                main()
            except SystemExit as exit:
                code = exit.code
                raise
        out, err = capsys.readouterr()
        return Ran(code if isinstance(code, int) else 0, out, err)

    return archive
