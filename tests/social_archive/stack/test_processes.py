"""Only what we started is ever signalled, and all of it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from social_archive.stack.processes import Processes

_SLEEPER = "import time; time.sleep(60)"
# A parent whose child leads a process group of its own, as Airflow's task processes do.
_FAMILY = (
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True); "
    "print(child.pid, flush=True); time.sleep(60)"
)
_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def processes(tmp_path):
    started = Processes(tmp_path / "run")
    yield started
    for name in started.names():
        started.stop(name, grace=1)


def spawn(processes: Processes, code: str, tmp_path: Path, name: str = "sleeper") -> int:
    command = [sys.executable, "-c", code]
    return processes.spawn(name, command, env=os.environ, log=tmp_path / f"{name}.log", cwd=tmp_path)


def output(tmp_path: Path, name: str = "sleeper") -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if text := (tmp_path / f"{name}.log").read_text():
            return text.strip()
        time.sleep(0.02)
    raise AssertionError("nothing was printed")


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_what_was_started_is_found_by_another_command(processes, tmp_path):
    pid = spawn(processes, _SLEEPER, tmp_path)

    assert Processes(tmp_path / "run").pid("sleeper") == pid
    assert processes.names() == ["sleeper"]


def test_stopping_ends_it_and_forgets_it(processes, tmp_path):
    pid = spawn(processes, _SLEEPER, tmp_path)

    assert processes.stop("sleeper") is True
    assert gone(pid)
    assert processes.pid("sleeper") is None
    assert processes.names() == []


def test_stopping_twice_is_no_error(processes, tmp_path):
    spawn(processes, _SLEEPER, tmp_path)

    assert [processes.stop("sleeper"), processes.stop("sleeper"), processes.stop("never")] == [True, False, False]


def test_a_recycled_pid_is_never_signalled(processes, tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", _SLEEPER])
    try:
        record = {"pid": stranger.pid, "started": 1.0, "stop_signal": 15, "whole_group": True}
        (tmp_path / "run" / "sleeper.json").write_text(json.dumps(record))

        assert processes.pid("sleeper") is None
        assert processes.stop("sleeper") is False
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_descendants_in_groups_of_their_own_end_too(processes, tmp_path):
    spawn(processes, _FAMILY, tmp_path)
    child = int(output(tmp_path))

    processes.stop("sleeper", grace=1)

    assert gone(child)


def test_one_that_does_not_listen_is_killed(processes, tmp_path):
    pid = spawn(processes, _DEAF, tmp_path)
    output(tmp_path)

    processes.stop("sleeper", grace=0.3)

    assert gone(pid)


@pytest.mark.parametrize("content", ["", "not json", '{"pid": 1}', "[]"])
def test_a_damaged_pid_file_means_nothing_runs(processes, tmp_path, content):
    (tmp_path / "run" / "sleeper.json").write_text(content)

    assert processes.pid("sleeper") is None
    assert processes.stop("sleeper") is False
