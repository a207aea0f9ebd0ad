"""`archive foia`: requests for public records, from receipt to the bundle that answers them. One module a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from social_archive.cli.foia import (
    alerts,
    bundle,
    decide,
    denials,
    due,
    exemptions,
    fees,
    letters,
    request,
    request_acts,
    request_page,
    review,
    search,
)
from social_archive.cli.foia.group import group

if TYPE_CHECKING:
    import typer

MODULES = (
    request, request_page, request_acts, search, review, decide, letters, bundle, denials, alerts, due, fees,
    exemptions,
)  # fmt: skip
"""In the order in which `archive foia --help` lists their commands."""


def register(app: typer.Typer) -> None:
    for module in MODULES:
        module.register(group)
    app.add_typer(group, name="foia")
