"""The command group `archive foia`, to which each module of this folder adds its commands."""

from __future__ import annotations

import typer

from social_archive.cli.settings import Json

EXAMPLES = (
    "Examples:  archive foia receive request.eml --by records   ·   archive foia list   ·   archive foia due 2026-11-20"
)

group = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, epilog=EXAMPLES,
    help="Requests for public records: received, searched, reviewed, answered with a bundle that proves itself.",
)  # fmt: skip


@group.callback()
def _foia(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""
