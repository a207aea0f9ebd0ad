"""`archive foia review`, `suggest`, `history`: what was found for a request, and what has been decided of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.foia.review_page import STYLES, item_json, outcome_text, print_hit, words_of
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.foia.dispositions import Item, Reviewed
    from social_archive.foia.suggestions import Suggestions
    from social_archive.search import Row

SHORT: Final = 8
"""Digits of a plan that are shown, and asked for when it is confirmed."""

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The request's number: archive foia list.")]


def register(group: typer.Typer) -> None:
    group.command(epilog="Examples:  archive foia review 2026-014   ·   archive foia review 2026-014 --undecided   ·   "
                  "archive foia review 2026-014 --hit 17")(review)  # fmt: skip
    group.command(epilog="Example:  archive foia suggest 2026-014")(suggest)
    group.command(epilog="Example:  archive foia history 2026-014")(history)


# --------------------------------------------------------------------------- the list


def review(
    number: Number,
    undecided: Annotated[bool, typer.Option("--undecided", help="Only those that wait for a decision.")] = False,
    hit: Annotated[
        int | None, typer.Option(min=1, help="One record: its thread, its words, what is taken out.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Records to show.")] = 25,
    offset: Annotated[int, typer.Option(min=0, help="Records to skip.")] = 0,
    _json: Json = False,
) -> None:
    """What was found for a request, by numbers, and what was decided about each. Nothing here decides anything."""
    from social_archive.foia import request_file
    from social_archive.foia import review as foia_review

    with opened() as archive:
        file = request_file.read(archive, number)
        reviewed = foia_review.of_file(archive, file)
        if hit is not None:
            print_hit(archive, reviewed, hit, foia_review.actions(file))
            return
        wanted = [item for item in reviewed.items if not undecided or item.outcome == "undecided"]
        shown = wanted[offset : offset + limit]
        rows = _latest(archive, shown)
        confirmed = foia_review.confirmation(file)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({**totals_json(reviewed), "confirmed_by": confirmed.by if confirmed else None,
                           "items": [item_json(item, rows.get(item.hit.rid)) for item in shown]})  # fmt: skip
        return
    out = output.console()
    if not reviewed.items:
        out.print(Text("The search found no record.", style="bold"))
    elif shown:
        _print_list(out, shown, rows, zone)
    if (left := len(wanted) - offset - len(shown)) > 0:
        out.print(Text(f"{left:,} more: --offset {offset + len(shown)}\n", style="dim"))
    print_totals(out, reviewed)
    if confirmed is not None:
        out.print(Text(f"Confirmed by {confirmed.by} on {confirmed.time:%Y-%m-%d}.", style="green"))
    print_next(out, reviewed, confirmed=confirmed is not None)


def _latest(archive: Archive, items: Sequence[Item]) -> dict[str, Row]:
    """The last version with words of each, of those that the search found."""
    from social_archive.search import Search

    frozen = {item.hit.rid: item.hit.versions for item in items}
    found: dict[str, Row] = {}
    with closing(Search.of(archive)) as search:
        for row in search.all_versions(list(frozen)):
            if row["version"] in frozen[row["rid"]] and (row["body"] or row["media"] or row["rid"] not in found):
                found[row["rid"]] = row
    return found


def _print_list(out: Console, items: Sequence[Item], rows: Mapping[str, Row], zone: str) -> None:
    made = output.table("hit", "posted", "who and what", "decided", right=["hit"])
    for item in items:
        row = rows.get(item.hit.rid)
        said = Text("destroyed on schedule", style="dim") if row is None else words_of(row)
        day = "" if row is None else output.day(row["created_at"] or row["observed_at"], zone)
        if row is not None and len(item.hit.versions) > 1:
            said.append(f"  {len(item.hit.versions)} versions", style="dim")
        made.add_row(str(item.hit.place), day, said, outcome_text(item))
    out.print(made)


def print_totals(out: Console, reviewed: Reviewed) -> None:
    """How far the review is: what every command ends with."""
    total, left = len(reviewed.items), reviewed.count("undecided")
    line = Text(f"{total - left:,} of {total:,} decided", style="bold" if left else "bold green")
    parts = [Text(f"{n:,} {name}", style=STYLES[name]) for name, n in reviewed.totals.items() if name in STYLES and n]
    if parts:
        line.append(": ").append_text(Text(", ").join(parts))
    out.print(line)


def print_next(out: Console, reviewed: Reviewed, *, confirmed: bool = False) -> None:
    number = reviewed.number
    waiting = next((item.hit.place for item in reviewed.items if item.outcome == "undecided"), None)
    if waiting is not None:
        hint = (f"Look at one: archive foia review {number} --hit {waiting}   What the checks suggest: "
                f"archive foia suggest {number}")  # fmt: skip
    elif confirmed:
        hint = f"Next: archive foia letter {number} --by USER --enter, then archive foia bundle {number} --by USER"
    else:
        hint = f"A second person looks, then: archive foia confirm {number} --state {reviewed.plan[:SHORT]} --by USER"
    out.print(Text(hint, style="dim"))


# --------------------------------------------------------------------------- suggestions and history


def suggest(number: Number, _json: Json = False) -> None:
    """What the checks see in the records that were found, and what was determined of them before. Decides nothing."""
    from social_archive.foia import suggestions

    with opened() as archive, output.working("Looking"):
        found = suggestions.suggest(archive, number)
    if settings.as_json:
        output.print_json(_suggestions_json(found))
        return
    out = output.console()
    if not found.kinds and not found.determined:
        out.print(Text("The checks see nothing. Machines miss things: read the records all the same.", style="bold"))
        return
    made = output.table("kind", "places", "records", "left", "usual exemption", "for example",
                        right=["places", "records", "left"])  # fmt: skip
    for one in found.kinds:
        usual = Text(f"{one.code} {one.title}") if one.code else Text("none", style="dim")
        left = f"{one.open:,}" if not one.own else f"{one.open:,} ({one.own:,} own)"
        made.add_row(one.kind, f"{one.places:,}", f"{one.hits:,}", left, usual,
                     output.safe("; ".join(one.examples), limit=90, one_line=True, style="italic"))  # fmt: skip
    if found.kinds:
        out.print(made)
        first = next((one for one in found.kinds if one.open > one.own), found.kinds[0])
        if any(one.own for one in found.kinds):
            out.print(Text("own: in what the account itself wrote, where a number is most often your own. --own takes "
                           "these out too.", style="dim"))  # fmt: skip
        out.print(Text(f"Take a kind out of all of them: archive foia redact {number} --kind {first.kind} --by USER",
                       style="dim"))  # fmt: skip
    for determined in found.determined:
        said = determined.standing.said
        of = " (about its class)" if determined.standing.of else ""
        codes = f"  {', '.join(said.codes)}" if said and said.codes else ""
        out.print(Text(f"hit {determined.item.hit.place}: determined {determined.standing.answer.replace('_', ' ')}{of}"
                       f"{codes}, now {determined.item.outcome}"))  # fmt: skip
    if found.determined:
        out.print(Text(f"Do as it was determined: archive foia adopt {number} --by USER", style="dim"))


def _suggestions_json(found: Suggestions) -> dict[str, Any]:
    return {
        "kinds": [vars(one) for one in found.kinds],
        "determined": [{"hit": one.item.hit.place, "control": one.item.control, "answer": one.standing.answer,
                        "of_class": one.standing.of.to_dict() if one.standing.of else None,
                        "codes": list(one.standing.said.codes) if one.standing.said else []}
                       for one in found.determined],
    }  # fmt: skip


def history(number: Number, _json: Json = False) -> None:
    """Every decision of a review, oldest first, by the number under which it can be undone."""
    from social_archive.foia import request_file
    from social_archive.foia import review as foia_review

    with opened() as archive:
        found = foia_review.actions(request_file.read(archive, number))
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({"actions": [{**vars(one), "told": dict(one.told)} for one in found]})
        return
    out = output.console()
    if not found:
        out.print(Text("Nothing was decided yet.", style="bold"))
        return
    made = output.table("decision", "when", "who", "what", "", right=["decision"])
    for one in found:
        when = output.local(int(one.time.timestamp()) * 1_000_000, zone)
        made.add_row(str(one.number), when, one.by, action_text(one.told, one.label),
                     "" if one.standing else Text("undone", style="yellow"))  # fmt: skip
    out.print(made)
    out.print(Text(f"Take one back: archive foia undo {number} DECISION --by USER", style="dim"))


_SAID: Final = {
    "release": "released", "withhold": "withheld", "restore": "shown again", "media": "withheld {}",
    "media_seen": "let {} go as it is, having looked at it",
    "words": "took out {}", "term": "took {} out of all records", "kind": "took every {} out of all records",
    "person": "took the person {} out of all records", "adopt": "did as it was determined",
}  # fmt: skip


def action_text(told: Mapping[str, Any], label: str) -> Text:
    """A decision in words, with its counts."""
    quoted = f"“{label}”" if told["action"] in ("words", "term") else label
    line = Text(f"{_SAID.get(told['action'], told['action']).format(output.safe(quoted, one_line=True).plain)}: ")
    line.append(output.plural(told["hits"], "record"))
    parts = [output.plural(told["cuts"], "place")] if told["cuts"] else []
    parts += [output.plural(told["fields"], "field")] if told["fields"] else []
    if parts:
        line.append(f", {' and '.join(parts)} taken out")
    return line.append(f"  {', '.join(told['codes'])}", style="dim") if told["codes"] else line


# --------------------------------------------------------------------------- JSON


def totals_json(reviewed: Reviewed) -> dict[str, Any]:
    return {"number": reviewed.number, "totals": reviewed.totals, "reconciles": reviewed.reconciles,
            "state": reviewed.plan, "terms": len(reviewed.terms)}  # fmt: skip
