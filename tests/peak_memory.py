"""The most memory a process held, as Linux counts it for the program that runs in it now.

Not `ru_maxrss`: that outlives exec, so a process started by a large test runner begins with the runner's size.
https://man7.org/linux/man-pages/man5/proc_pid_status.5.html (VmHWM), proc_pid_clear_refs.5 (the 5 that resets it)
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

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


class ChildrensPeak:
    """The peak of the largest child of this process, looked at while the block runs.

    The last look at each child counts: between fork and exec it still has the size of this process.
    """

    @property
    def mb(self) -> int:
        return max(self._seen.values(), default=0)

    def __enter__(self) -> ChildrensPeak:
        self._seen: dict[int, int] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.05):
            for child in own.children(recursive=True):
                try:
                    self._seen[child.pid] = peak_mb(child.pid)
                except (OSError, AssertionError):  # it ended between the two looks
                    continue
