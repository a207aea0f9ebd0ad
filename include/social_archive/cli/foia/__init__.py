"""`archive foia`: requests for public records, from receipt to the bundle that answers them. One module a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from social_archive.cli.foia import alerts, bundle, due, exemptions, fees
from social_archive.cli.foia.group import group

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    # in the order in which `archive foia --help` lists their commands
    for module in (alerts, due, exemptions, fees, bundle):
        module.register(group)
    app.add_typer(group, name="foia")
