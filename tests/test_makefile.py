"""The commands that the README promises exist and explain themselves."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ("up", "down", "test", "test-fast", "lint", "interop", "bench", "tour", "lock", "clean")


def make(*arguments: str) -> str:
    environment = {**os.environ, "MAKEFLAGS": ""}
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_make_alone_lists_every_command_with_its_help():
    listed = dict(re.findall(r"^  make (\S+)\s+(\S.*)$", make(), re.MULTILINE))

    assert set(TARGETS) <= set(listed)
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(phony.group(1).split()) == set(listed)


@pytest.mark.parametrize("target", ["up", "test", "test-fast", "lint", "interop", "bench", "tour"])
def test_a_second_make_installs_nothing_again(target, tmp_path):
    """With the stamps newer than what they depend on, only the command itself is left."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    for stamp in (".installed", ".installed-interop"):
        (tmp_path / stamp).touch()

    commands = make("-n", target, f"VENV={tmp_path}", f"BENCH_VENV={tmp_path}")

    assert "pip install" not in commands


def test_clean_keeps_the_records():
    commands = make("-n", "clean")

    assert ".archive" not in " ".join(line for line in commands.splitlines() if line.startswith("rm "))


def test_ci_runs_what_people_run():
    script = (ROOT / ".ci" / "run").read_text()

    for target in ("lint", "test", "interop", "tour"):
        assert f"make {target}" in script
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "set -euo pipefail" in script
