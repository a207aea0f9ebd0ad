"""Exports of the invented library's accounts, as its platforms would hand them out: for the importers' tests and tour.

Each module beside this one is one format with a function `members(world, account, names)` that gives the files of the
download by path. They are made from the same world that the stand-ins serve, so ids, texts and seconds agree and what
was imported joins with what is harvested. Everything in them is invented, and a file in each says so.
"""

from __future__ import annotations

import hashlib
import importlib
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

from sandbox.world import Item, World

_NOTE: Final = (
    "Larkspur Public Library does not exist. This download was written by the sandbox of the Social Records Archive; "
    "every person, post and picture in it is invented.\n"
)


class Names(Protocol):
    """Whoever knows the platform's ids: a stand-in, or `MadeUp`."""

    def native(self, item: Item) -> str: ...

    def native_account(self, author: str) -> str: ...


class MadeUp:
    """Ids for a world whose platform has no stand-in at hand: the same for the same keys."""

    def __init__(self, platform: str) -> None:
        self.platform = platform

    def native(self, item: Item) -> str:
        return self._digits(item.key)

    def native_account(self, author: str) -> str:
        return self._digits(f"author/{author}")

    def _digits(self, key: str) -> str:
        return str(int(hashlib.sha256(f"{self.platform}/{key}".encode()).hexdigest()[:15], 16))


def write(format: str, world: World, account: str, path: Path, names: Names | None = None) -> Path:
    """Write the export of one account of a world as a zip, dated the day after the world's anchor."""
    module = importlib.import_module(f"{__name__}.{format}")
    members: Mapping[str, bytes] = module.members(world, account, names or MadeUp(world.platform))
    day = world.anchor + timedelta(days=1)
    moment = (day.year, day.month, day.day, 9, 0, 0)
    with zipfile.ZipFile(path, "w") as made:
        for name, body in {**members, "INVENTED.txt": _NOTE.encode()}.items():
            made.writestr(zipfile.ZipInfo(name, moment), body, zipfile.ZIP_DEFLATED)
    return path


def own(world: World, account: str) -> tuple[list[Item], list[Item]]:
    """What one account wrote and still stands: (posts, comments and replies), oldest first."""
    mine = [item for item in reversed(world.by(account)) if not item.boosts and not item.malformed]
    return [item for item in mine if item.is_post], [item for item in mine if not item.is_post]


def seconds(item: Item) -> int:
    return int(item.created.timestamp())


def broken(text: str) -> str:
    """A text as Meta's exporter breaks it: its UTF-8 bytes, each taken for a Latin-1 character."""
    return text.encode("utf-8", "replace").decode("latin-1")
