"""`archive foia`: requests for public records, from receipt to the bundle that answers them. One module a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from social_archive.cli.foia import alerts, due, request, request_acts, request_page
from social_archive.cli.foia.group import group

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    # In the order in which `archive foia --help` lists their commands.
    for module in (request, request_page, request_acts, alerts, due):
        module.register(group)
    app.add_typer(group, name="foia")
