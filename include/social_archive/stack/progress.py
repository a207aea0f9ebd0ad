"""What a person sees while something takes time: one line a step, with its seconds, never a silent minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

_HEARTBEAT = 10.0  # seconds between lines when nobody watches a terminal (a build log)


class Step:
    """One step in progress. `say` changes what is shown beside the clock."""

    def __init__(self, console: Console, title: str) -> None:
        self.console = console
        self.title = title
        self.result = ""
        self._begun = time.monotonic()
        self._spoke = self._begun
        self._status = console.status(self._line("")) if console.is_terminal else None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def say(self, text: str = "") -> None:
        if self._status is not None:
            self._status.update(self._line(text))
        elif time.monotonic() - self._spoke >= _HEARTBEAT:
            self._spoke = time.monotonic()
            self.console.print(f"  … {self._line(text)}", highlight=False, soft_wrap=True)

    def _line(self, text: str) -> str:
        return f"{self.title} [dim]{self.seconds:.0f} s[/] {text}".rstrip()


@contextmanager
def step(console: Console, title: str) -> Iterator[Step]:
    """Run a step: shows it while it runs, then `✓ title  result  seconds`, or `✗` if it raised."""
    current = Step(console, title)
    if current._status is not None:
        current._status.start()
    mark, colour = "✗", "red"
    try:
        yield current
        mark, colour = "✓", "green"
    finally:
        if current._status is not None:
            current._status.stop()
        line = f"[{colour}]{mark}[/] {title:<18} {current.result}  [dim]{current.seconds:.1f} s[/]"
        console.print(line, highlight=False, soft_wrap=True)
