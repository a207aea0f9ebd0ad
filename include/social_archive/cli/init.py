"""`archive init`: another public body's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, settings


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  archive init my-agency --name 'Larkspur Public Library' --time-zone America/Chicago")(
        init
    )


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    name: Annotated[
        str, typer.Option(help="The public body's name, as it stands on letters.")
    ] = "Example Public Library",
    jurisdiction: Annotated[str, typer.Option(help="Whose records law applies.")] = "illinois",
    time_zone: Annotated[str, typer.Option(help="An IANA time zone.")] = "America/Chicago",
    _json: Json = False,
) -> None:
    """Make an agency's folder whose files explain themselves. Overwrites nothing."""
    from social_archive.agency_template import make_agency

    made = make_agency(folder, name=name, jurisdiction=jurisdiction, time_zone=time_zone)
    if settings.as_json:
        output.print_json({"folder": str(folder), "files": [str(path) for path in made]})
        return
    out = output.console()
    for path in made:
        out.print(Text.assemble(("made  ", "green"), str(path)))
    out.print(
        "\nNext: read agency.yaml, then name your accounts in accounts.yaml, then\n\n"
        f"  archive --agency {folder} accounts"
    )
