"""`archive law`: the rules of disposal that the archive follows, where each stands, and how surely it is known."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, load_environment, settings

if TYPE_CHECKING:
    from social_archive.law import DisposalLaw, Example, LawRule, Sourced

_KNOWN = {
    "source": "read in the source",
    "secondary": "restated by another",
    "unverified": "unverified",
    "inferred": "inferred",
}


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  archive law   ·   archive law --on 2027-01-01   ·   archive law --examples")(law)


def law(
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The law of another day than today.")
    ] = None,
    examples: Annotated[
        bool, typer.Option("--examples", help="Other jurisdictions' periods for social media, to compare with.")
    ] = False,
    _json: Json = False,
) -> None:
    """List the rules of disposal in force for your jurisdiction, with citations. Not legal advice."""
    if examples:
        _show_examples()
    else:
        _show_law(on.date() if on else None)


def _show_law(day: date | None) -> None:
    from social_archive.archive import default_agency
    from social_archive.config import load_agency
    from social_archive.law import load_disposal_law

    load_environment()
    found = load_disposal_law(load_agency(default_agency()), day)
    if settings.as_json:
        output.print_json(_law_json(found))
        return
    out = output.console()
    out.print(Text.assemble((found.title, "bold"), f", rules of disposal in force on {found.day}"))
    if found.invented:
        out.print(Text("Invented for the sample: nobody's law.", style="yellow"))
    made = output.table("", "rule", "value", "citation", "known")
    for rule in found.rules:
        made.add_row(Text("" if rule.known else "!", style="bold yellow"), output.safe(rule.rule_id),
                     output.safe(_words(rule, found)), output.safe(rule.citation, style="dim"),
                     _known(rule))  # fmt: skip
    out.print(made)
    _print_warnings(found)


def _print_warnings(found: DisposalLaw) -> None:
    from social_archive.law import VERIFY
    from social_archive.yaml_lines import shown

    out = output.console()
    doubtful = sum(not rule.known for rule in found.rules)
    if doubtful:
        words = f"\nOf {output.plural(len(found.rules), 'rule')}, {doubtful} (!) are unverified or inferred: {VERIFY}."
        out.print(Text(words, style="yellow"))
    if found.other_rules:
        out.print(Text(f"{output.plural(len(found.other_rules), 'rule')} of the pack not in force that day."))
    where = f"From {shown(found.path)}. Not legal advice; docs/law.md says how a rule is corrected."
    out.print(Text(where, style="dim"))


def _show_examples() -> None:
    from social_archive.law import load_examples

    found = load_examples()
    if settings.as_json:
        output.print_json({"law_here": False, "examples": [_example_json(example) for example in found]})
        return
    out = output.console()
    out.print(Text("Examples of other jurisdictions. Not law here; nothing applies them.", style="bold yellow"))
    made = output.table("", "jurisdiction", "code", "series", "period", "known")
    for example in found:
        for series in example.series:
            made.add_row(Text("" if series.known else "!", style="bold yellow"), output.safe(example.jurisdiction),
                         output.safe(series.code), output.safe(series.title), output.safe(series.period),
                         _known(series))  # fmt: skip
    out.print(made)


# --------------------------------------------------------------------------- words


def _words(rule: LawRule, found: DisposalLaw) -> str:
    """A rule's value as a person reads it; a wording as it will be printed, its numbers filled in."""
    value: Any = rule.value
    if rule.sets is not None and isinstance(value, str):
        value = getattr(found, rule.sets)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(one.replace("_", " ") for one in value)
    unit = " days before" if rule.sets == "file_days_before" else ""
    return f"{value}{unit}"


def _known(said: Sourced) -> Text:
    """Said in words as well as by colour: what is not known must look so in a printout too."""
    from social_archive.law import VERIFY

    words = _KNOWN[said.confidence]
    return Text(words) if said.known else Text(f"{words}: {VERIFY}", style="yellow")


def _law_json(found: DisposalLaw) -> dict[str, Any]:
    plain = found.model_dump(mode="json", exclude={"rules", "other_rules"})
    return {
        **plain,
        "rules": [_rule_json(rule) for rule in found.rules],
        "not_in_force": [_rule_json(rule) for rule in found.other_rules],
    }


def _rule_json(rule: LawRule) -> dict[str, Any]:
    return {**rule.model_dump(mode="json"), "verify_with_counsel": not rule.known}


def _example_json(example: Example) -> dict[str, Any]:
    series = [{**one.model_dump(mode="json"), "verify_with_counsel": not one.known} for one in example.series]
    return {**example.model_dump(mode="json"), "series": series}
