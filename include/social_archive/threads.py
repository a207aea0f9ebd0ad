"""Threads: what answers what, as a tree that holds everything once, whatever the platform said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from social_archive.search import Gap

Row = dict[str, Any]


@dataclass
class Node:
    """One thing in a thread. `orphan`: it answers something that is not in the archive."""

    item: Row
    versions: list[Row]
    children: list[Node] = field(default_factory=list)
    orphan: bool = False


@dataclass(frozen=True)
class Thread:
    """A thread around one thing. `root` is None when the post that started it is not in the archive."""

    asked: str
    top: list[Node]
    size: int
    gaps: list[Gap]

    def walk(self) -> Iterator[tuple[int, Node]]:
        """(depth, node) in reading order; without recursion, for a thread may be deeper than Python's stack."""
        stack = [(0, node) for node in reversed(self.top)]
        while stack:
            depth, node = stack.pop()
            yield depth, node
            stack.extend((depth + 1, child) for child in reversed(node.children))


def moment(row: Row) -> int | None:
    """When a thing is dated: its creation, or when it was seen if it has no date."""
    created: int | None = row["created_at"]
    return created if created is not None else row["observed_at"]


def reading_order(row: Row) -> tuple[int, str]:
    return (moment(row) or 0, row["rid"])


def tree(nodes: list[Node]) -> list[Node]:
    """Nodes under what they answer. Whatever answers nothing that is here stands at the top, marked as an orphan.

    A loop of answers (a platform's error) is cut where it would close, so that every node is in the tree once.
    """
    by_id = {node.item["native_id"]: node for node in nodes}
    parent_of = {i: node.item["parent_native_id"] for i, node in by_id.items()}
    top = []
    for node in nodes:
        own, parent = node.item["native_id"], node.item["parent_native_id"]
        if parent is None or parent not in by_id or _closes_loop(own, parent_of):
            node.orphan = parent is not None
            parent_of[own] = None
            top.append(node)
        else:
            by_id[parent].children.append(node)
    return top


def _closes_loop(start: str, parent_of: dict[str, str | None]) -> bool:
    at = parent_of.get(start)
    seen = {start}
    while at is not None and at not in seen:
        seen.add(at)
        at = parent_of.get(at)
    return at == start
