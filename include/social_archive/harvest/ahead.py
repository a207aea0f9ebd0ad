"""Fetching one page ahead of the parsing, so that waiting for the platform and working overlap."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")

_END: Final = object()


def ahead(pages: Iterable[T], depth: int = 2) -> Iterator[T]:
    """Iterate `pages` in a thread of its own, at most `depth` items ahead. Its exceptions arrive in order."""
    ready: queue.Queue[object] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def offer(item: object) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def fetch() -> None:
        try:
            for page in pages:
                if not offer(page):
                    return
            offer(_END)
        except BaseException as failure:
            offer(_Failure(failure))

    thread = threading.Thread(target=fetch, name="fetch-ahead", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.failure
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()


class _Failure:
    def __init__(self, failure: BaseException) -> None:
        self.failure = failure
