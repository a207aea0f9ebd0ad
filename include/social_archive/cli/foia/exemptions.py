"""`archive foia exemptions`: the codes by which something may be withheld, and how surely each is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, load_environment, settings

if TYPE_CHECKING:
    from social_archive.foia.exemptions import Exemption, Exemptions

EXAMPLES = (
    'Examples:  archive foia exemptions   ·   archive foia exemptions "7(1)(c)"   ·   '
    "archive foia exemptions --all --json"
)


def register(group: typer.Typer) -> None:
    group.command(epilog=EXAMPLES)(exemptions)


def exemptions(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="One of them, with its sentences.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Not only those that are offered first.")] = False,
    _json: Json = False,
) -> None:
    """The exemptions of your jurisdiction's law, those offered first. A person decides; this is no advice."""
    from social_archive.archive import default_agency
    from social_archive.config import load_agency
    from social_archive.foia.exemptions import load_exemptions

    load_environment()
    found = load_exemptions(load_agency(default_agency()))
    shown = _chosen(found, code, every=every)
    if settings.as_json:
        listed = [_json_of(one) for one in shown]
        output.print_json({"jurisdiction": found.jurisdiction, "title": found.title, "invented": found.invented,
                           "sha256": found.sha256, "exemptions": listed})  # fmt: skip
        return
    if not found.listed:
        output.console().print(Text("No exemptions are written down for this jurisdiction. Any code can be entered; "
                                    "it is then marked as unverified.", style="yellow"))  # fmt: skip
        return
    _heading(found)
    if code is None:
        _print_list(shown, left=len(found.listed) - len(shown))
    else:
        _print_one(shown[0])


def _chosen(found: Exemptions, code: str | None, *, every: bool) -> tuple[Exemption, ...]:
    from social_archive.errors import NotFound

    if code is None:
        return found.listed if every else found.presets()
    one = found.get(code)
    if one is None:
        raise NotFound(f"The pack of law lists no exemption {output.safe_str(code)!r}, or more than one that ends so.",
                       remedy="See `archive foia exemptions --all`. A code that is not listed can be entered all the "
                       "same; it is then marked as unverified.")  # fmt: skip
    return (one,)


def _heading(found: Exemptions) -> None:
    out = output.console()
    out.print(Text(found.title, style="bold"))
    if found.invented:
        out.print(Text("Invented for the sample: nobody's law.", style="yellow"))


def _print_list(shown: tuple[Exemption, ...], *, left: int) -> None:
    from social_archive.law import VERIFY

    made = output.table("", "code", "title", "suggested for", "citation")
    for one in shown:
        made.add_row(Text("" if one.known else "!", style="bold yellow"), output.safe(one.code),
                     output.safe(one.title), output.safe(", ".join(one.kinds)),
                     output.safe(one.citation, style="dim"))  # fmt: skip
    out = output.console()
    out.print(made)
    if doubtful := sum(not one.known for one in shown):
        out.print(Text(f"{doubtful} of {len(shown)} (!) were not read in a source: {VERIFY}.", style="yellow"))
    if left:
        out.print(Text(f"{left} more with --all.", style="dim"))
    out.print(Text('What one covers, and sentences to start from: archive foia exemptions "CODE"', style="dim"))


def _print_one(one: Exemption) -> None:
    read = f"{one.source}" + (f", {one.retrieved_on}" if one.retrieved_on else "")
    output.console().print(output.facts([
        ("code", output.safe(one.code)), ("title", output.safe(one.title)), ("covers", output.safe(one.summary)),
        ("citation", output.safe(one.cited)), ("read in", output.safe(read)),
        ("note", one.note and output.safe(one.note)),
        ("facts to start from", one.basis and output.safe(one.basis)),
        *((f"for {kind}", output.safe(sentence)) for kind, sentence in one.kinds.items()),
    ]))  # fmt: skip


def _json_of(one: Exemption) -> dict[str, Any]:
    return {**one.model_dump(mode="json", by_alias=True), "verify_with_counsel": not one.known}
