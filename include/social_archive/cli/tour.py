"""`archive tour`: the life of a record, walked through with the sample library."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.console import Console

from social_archive.cli import output
from social_archive.cli.settings import Json, settings

EPILOG = "Example:  archive tour   (ten minutes; needs nothing else; leaves .archive/tour to look at)"


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(tour)


def tour(_json: Json = False) -> None:
    """Walk the sample library through the life of a record: harvest, edit, gap, proof, tampering, rebuild."""
    from sandbox.tour import walk
    from social_archive.archive import default_state

    steps = walk(default_state(), _console())
    if settings.as_json:
        output.print_json([asdict(s) for s in steps])
    if not all(s.ok for s in steps):
        raise typer.Exit(1)


def _console() -> Console:
    """As wide as the terminal, within reason; a log file gets lines that do not break."""
    console = Console(stderr=settings.as_json)
    return console if console.is_terminal else Console(stderr=settings.as_json, width=112)
