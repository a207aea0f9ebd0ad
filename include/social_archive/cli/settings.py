"""What every command shares: the global options, the `--json` flag, opening the archive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from social_archive.archive import Archive


@dataclass
class Settings:
    as_json: bool = False
    debug: bool = False


settings = Settings()
"""Of the command that is running; `begin` sets it anew."""


def _ask_for_json(wanted: bool) -> bool:
    settings.as_json = settings.as_json or wanted
    return wanted


Json = Annotated[bool, typer.Option("--json", callback=_ask_for_json, help="Print the answer as JSON.")]
"""Every command has it; it means the same before and after the command's name."""


def begin(agency: Path | None, state: Path | None, as_json: bool, debug: bool) -> None:
    """Take the global options. Folders go into the environment, where the stack and its children look too."""
    settings.as_json, settings.debug = as_json, debug
    if agency is not None:
        os.environ["ARCHIVE_AGENCY"] = str(agency)
    if state is not None:
        os.environ["ARCHIVE_STATE"] = str(state)


def load_environment() -> None:
    """Take over what `archive up` left for this state folder: addresses, keys, the agency. The caller's own wins."""
    from social_archive.archive import default_state
    from social_archive.stack import environment

    environment.load(default_state())


@contextmanager
def opened(*, write: bool = False, catch_up: bool = True) -> Iterator[Archive]:
    """The archive of the chosen agency, its catalog in step with the ledger; closed at the end.

    To write, it must be open: raises Rebuilding while a rebuild is not finished.
    """
    from social_archive.archive import open_archive

    load_environment()
    archive = open_archive(write=write)
    try:
        if write:
            archive.require_open()
        if catch_up:
            follow(archive)
        yield archive
    finally:
        archive.close()


def follow(archive: Archive) -> None:
    """Bring the catalog in step with the ledger."""
    from social_archive.cli.output import working

    with working("Reading the ledger"):
        archive.catalog.catch_up()
