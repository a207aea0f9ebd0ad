"""`archive digest`: which accounts need a person."""

from __future__ import annotations

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  archive digest   (the DAG `digest` sends the same list once a day)")(digest)


def digest(_json: Json = False) -> None:
    """List the accounts that need a person, since when, and what to do. Sends nothing."""
    from social_archive.digest import digest as find
    from social_archive.digest import was_sent
    from social_archive.digest_letter import age

    with opened() as archive:
        found = find(archive)
        sent = was_sent(archive, found.day)
    if settings.as_json:
        output.print_json({
            "day": found.day, "new": found.new, "sent_today": sent,
            "matters": [
                {"account": m.account, "code": m.code, "what": m.what, "remedy": m.remedy, "new": m.new,
                 "since": m.since.isoformat() if m.since else None}
                for m in found.matters
            ],
        })  # fmt: skip
        return
    out = output.console()
    if not found.matters:
        out.print(Text("No account needs a person.", style="green"))
        return
    for m in found.matters:
        out.print(Text.assemble(output.safe(m.account, style="bold"), ("  new" if m.new else "", "red")))
        out.print(output.facts([
            ("what", output.safe(m.what)), ("since", age(m, found.at)), ("to do", output.safe(m.remedy)),
        ]))  # fmt: skip
        out.print()
    out.print(Text("Today's digest was sent." if sent else "Today's digest was not sent.", style="dim"))
