"""`archive foia`: requests for public records, from receipt to the bundle that answers them. One module a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from social_archive.cli.foia import alerts, decide, due, exemptions, fees, review, search
from social_archive.cli.foia.group import group

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    for module in (alerts, due, exemptions, fees, search, review, decide):  # the order of `archive foia --help`
        module.register(group)
    app.add_typer(group, name="foia")
