"""The most memory a process held, as Linux counts it for the program that runs in it now.

Not `ru_maxrss`: that outlives exec, so a process started by a large test runner begins with the runner's size.
https://man7.org/linux/man-pages/man5/proc_pid_status.5.html (VmHWM), proc_pid_clear_refs.5 (the 5 that resets it)
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil


def peak_mb(pid: int | None = None) -> int:
    """MiB that the process held at its largest, since it began or since `forget_peak`."""
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text()
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.M)
    assert found, "the process has ended, or this is not Linux"
    return int(found[1]) // 1024


def forget_peak() -> None:
    """Let this process's peak begin anew at what it holds now."""
    Path("/proc/self/clear_refs").write_text("5")


class _Watch:
    """Looks at this process's children twenty times a second while the block runs."""

    def __enter__(self) -> Self:
        self._own, self._done = psutil.Process(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self.look(self._own, self._own.children(recursive=True))

    def look(self, own: psutil.Process, children: Sequence[psutil.Process]) -> None:
        raise NotImplementedError


class ChildrensPeak(_Watch):
    """The peak of the largest child (MiB).

    The last look at each child counts: between fork and exec it still has the size of this process.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    @property
    def mb(self) -> int:
        return max(self._seen.values(), default=0)

    def look(self, own: psutil.Process, children: Sequence[psutil.Process]) -> None:
        for child in children:
            with suppress(OSError, AssertionError):  # it ended between the two looks
                self._seen[child.pid] = peak_mb(child.pid)


class PeakTogether(_Watch):
    """The most memory that this process and its children held at one time (bytes)."""

    most = 0

    def look(self, own: psutil.Process, children: Sequence[psutil.Process]) -> None:
        held = 0
        for one in (own, *children):
            with suppress(psutil.Error):
                held += one.memory_info().rss
        self.most = max(self.most, held)
