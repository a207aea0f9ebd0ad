"""One harvest of the scripted library in a process of its own, so that a test can kill it anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from social_archive.harvest import run
from tests.agencies import scripted_archive
from tests.scripted import Item, Script


def library_script(text: str = "Lovely!") -> Script:
    replies = [
        Item(id=f"r{n}", text=f"Reply {n}", parent="c1", root="p1", age=n * 40 * 86_400_000_000) for n in range(4)
    ]
    script = Script(
        Item(id="p1", text="Summer reading starts today"),
        Item(id="c1", text=text, parent="p1", root="p1"),
        *replies,
        Item(id="p2", text="Closed on Monday"),
    )
    script.malformed = [b'{"id": NaN}']
    return script


def harvest_once(agency: str, state: str, text: str, crash_at: str | None, env: dict[str, str]) -> None:
    """The body of a process that may be told to die at a crash point (exit code 137)."""
    os.environ.update(env)
    if crash_at:
        os.environ["CRASH_AT"] = crash_at
    archive = scripted_archive(Path(agency), Path(state), library_script(text))
    run(archive, archive.account("larkspur"))
