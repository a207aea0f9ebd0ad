"""The processes of the embedded stack, by pid file.

A pid alone says nothing: after a reboot it may belong to somebody else. A pid file therefore also holds the
moment the process started, and nothing is signalled unless both agree.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

# psutil derives the start time from the boot time, which moves by a second when the clock is set.
_CLOCK_SLACK = 2.0


@dataclass(frozen=True)
class Running:
    """What a pid file holds. `whole_group`: the process leads a group of its own, and stops with all of it."""

    pid: int
    started: float
    stop_signal: int = signal.SIGTERM
    whole_group: bool = True


class Processes:
    """The pid files of one state folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def pid(self, name: str) -> int | None:
        """The pid if the process that we started still lives, else None."""
        process = self._live(name)
        return process.pid if process else None

    def spawn(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path, cwd: Path) -> int:
        """Start `command` detached from the terminal, in a session and group of its own; output goes to `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            child = subprocess.Popen(
                command,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.adopt(name, child.pid)
        return child.pid

    def adopt(self, name: str, pid: int, *, stop_signal: int = signal.SIGTERM, whole_group: bool = True) -> None:
        """Remember a process that something else started (Postgres detaches itself)."""
        running = Running(pid, psutil.Process(pid).create_time(), int(stop_signal), whole_group)
        path = self._path(name)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(running)))
        draft.replace(path)

    def stop(self, name: str, *, grace: float = 20.0) -> bool:
        """Stop the process and all its descendants; True if there was something to stop.

        Asks first, kills what is left after `grace` seconds. Descendants are collected before asking: some
        (Airflow's task processes) lead groups of their own and would survive their parent.
        """
        process = self._live(name)
        if process is None:
            self._path(name).unlink(missing_ok=True)
            return False
        running = self._read(name)
        assert running is not None
        family = [process, *process.children(recursive=True)]
        if running.whole_group:
            _signal_group(process.pid, running.stop_signal)
        else:
            process.send_signal(running.stop_signal)
        left = _wait(family, grace)
        for member in left:
            _kill(member)
        _wait(left, 5.0)
        self._path(name).unlink(missing_ok=True)
        return True

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _read(self, name: str) -> Running | None:
        try:
            return Running(**json.loads(self._path(name).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def _live(self, name: str) -> psutil.Process | None:
        running = self._read(name)
        if running is None:
            return None
        try:
            process = psutil.Process(running.pid)
            same = abs(process.create_time() - running.started) <= _CLOCK_SLACK
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def _signal_group(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _wait(family: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still live after `seconds`. Our own zombies are reaped on the way."""
    deadline = time.monotonic() + seconds
    _, alive = psutil.wait_procs(family, timeout=max(0.0, deadline - time.monotonic()))
    return [member for member in alive if member.is_running() and member.status() != psutil.STATUS_ZOMBIE]
