"""`archive law`: the rules that the archive follows, on disposal and on requests; where each stands, how surely."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, load_environment, settings

if TYPE_CHECKING:
    from social_archive.law import DisposalLaw, Example, LawRule, Sourced
    from social_archive.law_foia import FoiaLaw

_KNOWN = {
    "source": "read in the source",
    "secondary": "restated by another",
    "unverified": "unverified",
    "inferred": "inferred",
}


EXAMPLES = (
    "Examples:  archive law   ·   archive law --requests   ·   archive law --on 2027-01-01   ·   archive law --examples"
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(law)


def law(
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The law of another day than today.")
    ] = None,
    requests: Annotated[
        bool, typer.Option("--requests", help="The rules on requests for public records instead.")
    ] = False,
    examples: Annotated[
        bool, typer.Option("--examples", help="Other jurisdictions' periods for social media, to compare with.")
    ] = False,
    _json: Json = False,
) -> None:
    """List the rules of disposal in force for your jurisdiction, with citations. Not legal advice."""
    if examples:
        _show_examples()
    else:
        _show_law(on.date() if on else None, requests=requests)


def _show_law(day: date | None, *, requests: bool) -> None:
    from social_archive.archive import default_agency
    from social_archive.config import load_agency
    from social_archive.law import load_disposal_law
    from social_archive.law_foia import load_foia_law

    load_environment()
    load = load_foia_law if requests else load_disposal_law
    found: DisposalLaw | FoiaLaw = load(load_agency(default_agency()), day)
    if settings.as_json:
        output.print_json(_law_json(found))
        return
    out = output.console()
    out.print(Text.assemble((found.title, "bold"), f", rules {_about(found)} in force on {found.day}"))
    if found.invented:
        out.print(Text("Invented for the sample: nobody's law.", style="yellow"))
    made = output.table("", "rule", "value", "citation", "known")
    for rule in found.rules:
        made.add_row(Text("" if rule.known else "!", style="bold yellow"), output.safe(rule.rule_id),
                     output.safe(_words(rule, found)), output.safe(rule.citation, style="dim"),
                     _known(rule))  # fmt: skip
    out.print(made)
    _print_warnings(found)


def _about(found: DisposalLaw | FoiaLaw) -> str:
    from social_archive.law import DisposalLaw

    return "of disposal" if isinstance(found, DisposalLaw) else "on requests"


def _print_warnings(found: DisposalLaw | FoiaLaw) -> None:
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


def _words(rule: LawRule, found: DisposalLaw | FoiaLaw) -> str:
    """A rule's value as a person reads it; a wording as it will be printed, its numbers filled in."""
    from social_archive.law import DisposalLaw

    value: Any = rule.value
    if not isinstance(found, DisposalLaw) and (isinstance(value, int) or str(value).replace(".", "").isdigit()):
        return f"{_plain(value)}: {rule.summary}"
    if rule.sets is not None and isinstance(value, str) and isinstance(found, DisposalLaw):
        value = getattr(found, rule.sets)
    if isinstance(value, list):
        return "; ".join(_item(one) for one in value)
    unit = " days before" if rule.sets == "file_days_before" else ""
    return f"{_plain(value)}{unit}"


def _plain(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _item(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one).replace("_", " ")
    if one.keys() == {"code", "text"}:
        return f"({one['code']}) {one['text']}"
    return ", ".join(f"{str(name).replace('_', ' ')} {value}" for name, value in one.items())


def _known(said: Sourced) -> Text:
    """Said in words as well as by colour: what is not known must look so in a printout too."""
    from social_archive.law import VERIFY

    words = _KNOWN[said.confidence]
    return Text(words) if said.known else Text(f"{words}: {VERIFY}", style="yellow")


def _law_json(found: DisposalLaw | FoiaLaw) -> dict[str, Any]:
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
