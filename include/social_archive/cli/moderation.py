"""`archive moderation`: what was hidden or removed, by whom, and whether anybody decided it."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.find import moment, one_of, platform_and_name
from social_archive.cli.settings import Json, opened, settings
from social_archive.policy.moderation.causes import CAUSES

if TYPE_CHECKING:
    from social_archive.policy.moderation.consistency import OfClause
    from social_archive.policy.moderation.events import Event

EXAMPLES = (
    "Examples:  archive moderation list --cause us   ·   archive moderation unmatched   ·   "
    "archive moderation consistency --since 2026-11 --until 2026-11   ·   archive moderation explain 4f3a9c12 "
    '--cause us --clause advertising --on 2026-11-03 --by records --reason "Hidden by the desk as an advertisement"'
)
_STYLES = {"unmatched": "yellow", "matched": "green", "explained": "green"}
_CAUSES = {"us": "us", "author_or_platform": "not us", "unknown": "unknown"}
_TIMES = ("last_seen", "since", "removed", "back", "created")

group = typer.Typer(
    rich_markup_mode=None, epilog=EXAMPLES,
    help="What was there and is hidden or gone, by whom, and whether somebody decided it. Acts on no platform.",
)  # fmt: skip
Account = Annotated[str | None, typer.Option(help="NAME or PLATFORM/NAME as in accounts.yaml.")]


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="moderation")


@group.callback()
def _moderation(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


@group.command("list", epilog=EXAMPLES)
def list_events(
    account: Account = None,
    since: Annotated[str | None, typer.Option(help="First missed on or after: 2026, 2026-03 or 2026-03-01.")] = None,
    until: Annotated[str | None, typer.Option(help="First missed on or before; a month counts whole.")] = None,
    cause: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(CAUSES)}; may be repeated.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="matched, unmatched, …; may be repeated.")] = None,
    _json: Json = False,
) -> None:
    """List what harvests saw disappear: when it was last there and first missed, the cause. Quotes nothing."""
    from social_archive.policy.moderation import events as moderation

    causes, statuses = one_of(cause, CAUSES, "--cause"), one_of(status, tuple(moderation.STATUSES), "--status")
    with opened() as archive:
        zone = archive.agency.body.time_zone
        platform, name = platform_and_name(account)
        start, end = moment(since, zone), moment(until, zone, end=True)
        with output.working("Comparing versions"):
            found = moderation.events(archive, platform=platform, account=name)
    found = [
        e for e in found
        if (not causes or e.cause in causes) and (not statuses or e.status in statuses)
        and (start is None or e.since >= start) and (end is None or e.since < end)
    ]  # fmt: skip
    _print_events(found, zone, nothing="The harvests saw nothing disappear.")


@group.command("unmatched", epilog="Example:  archive moderation unmatched --account larkspur")
def list_unmatched(account: Account = None, _json: Json = False) -> None:
    """List what disappeared while nobody on record decided it, and nobody has explained it since."""
    from social_archive.policy.moderation import events as moderation

    with opened() as archive:
        zone = archive.agency.body.time_zone
        platform, name = platform_and_name(account)
        with output.working("Comparing versions"):
            found = moderation.unmatched(archive, platform=platform, account=name)
    _print_events(found, zone, nothing="Nothing disappeared that nobody has decided or explained.")


@group.command("consistency", epilog="Example:  archive moderation consistency --since 2026-11 --until 2026-11")
def show_consistency(
    since: Annotated[str | None, typer.Option(help="From: 2026, 2026-03 or 2026-03-01.")] = None,
    until: Annotated[str | None, typer.Option(help="To; a month or year counts whole.")] = None,
    _json: Json = False,
) -> None:
    """Count by clause: findings, decisions, removals with and without a decision, and what the same rules left up."""
    from social_archive.policy.moderation.consistency import consistency

    with opened() as archive:
        zone = archive.agency.body.time_zone
        with output.working("Counting"):
            rows = consistency(archive, since=moment(since, zone), until=moment(until, zone, end=True))
    if settings.as_json:
        output.print_json({"clauses": [row.to_dict() for row in rows]})
    else:
        _print_consistency(rows)


@group.command("explain", epilog=EXAMPLES)
def explain(
    reference: Annotated[str, typer.Argument(metavar="RID", help="A record id, a permalink, or the platform's id.")],
    cause: Annotated[str, typer.Option(help=f"Who did it: {', '.join(CAUSES)}.")],
    by: Annotated[str, typer.Option(help="Your user name, as in agency.yaml.")],
    reason: Annotated[str, typer.Option(help="What happened and how you know. Kept with the record.")],
    clause: Annotated[str | None, typer.Option(help="For `us`: the clause of policy.yaml that it was for.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="For `us`: the day of removal.")] = None,
    _json: Json = False,
) -> None:
    """Say on record what the last disappearance of a record was. It closes the question; it is no earlier decision."""
    from social_archive.policy.moderation import explanations
    from social_archive.search import Search

    (told,) = one_of([cause], CAUSES, "--cause")
    with opened(write=True) as archive:
        with closing(Search.of(archive)) as search:
            rid = search.resolve(reference)
        row = explanations.explain(archive, rid, told, reason, by=by, via="cli", clause=clause,  # type: ignore[arg-type]
                                   removed_on=on.date() if on else None)  # fmt: skip
    if settings.as_json:
        output.print_json({name: row[name] for name in ("id", "rid", "version", "cause", "clause", "removed_on", "by")})
        return
    output.console().print(Text("Explained.", style="bold green"))
    output.console().print(output.facts([
        ("record", row["rid"]), ("cause", told.replace("_", " ")), ("clause", row["clause"]),
        ("by", output.safe(row["by"])), ("explanation", row["id"]),
    ]))  # fmt: skip


# --------------------------------------------------------------------------- printing


def _print_events(found: list[Event], zone: str, *, nothing: str) -> None:
    from social_archive.policy.moderation.events import STATUSES

    if settings.as_json:
        output.print_json({"events": [_plain(event) for event in found]})
        return
    out = output.console()
    if not found:
        out.print(Text(nothing, style="green"))
        return
    made = output.table("record", "account", "kind", "happened", "state", "by", "status")
    for column in (made.columns[i] for i in (0, 2, 3, 5)):
        column.no_wrap = True
    for e in found:
        made.add_row(e.rid[:8], f"{e.platform}/{e.account}", e.kind, _between(e, zone), _state(e), _CAUSES[e.cause],
                     _status(e))  # fmt: skip
    out.print(made)
    for status in dict.fromkeys(e.status for e in found):
        out.print(Text(f"{status.replace('_', ' ')}: {STATUSES[status]}.", style="dim"))
    for why, count in Counter(e.why for e in found if e.why).most_common():
        out.print(Text(f"  {count:,} of them: {why}", style="dim"))
    if any(e.status == "unmatched" for e in found):
        out.print(Text("Look: archive show RID   Say what it was: archive moderation explain RID …", style="dim"))


def _between(e: Event, zone: str) -> str:
    """The interval as days on the agency's calendar; `--json` has it to the second."""
    since = output.day(e.since, zone)
    return f"before {since}" if e.last_seen is None else f"{output.day(e.last_seen, zone)} to {since}"


def _state(e: Event) -> Text:
    shown = output.state_text(e.state)
    return shown.append(", back", style="green") if e.is_over else shown


def _status(e: Event) -> Text:
    shown = Text(e.status.replace("_", " "), style=_STYLES.get(e.status, "dim"))
    if e.clause:
        shown.append(f" ({e.clause})")
    if e.took_along:
        shown.append(f" and {e.took_along:,} under it", style="dim")
    return shown


def _plain(event: Event) -> dict[str, Any]:
    return {name: output.iso(value) if name in _TIMES else value for name, value in asdict(event).items()}


def _print_consistency(rows: list[OfClause]) -> None:
    out = output.console()
    numbers = ("flagged", "left up", "no violation", "violation", "counsel", "decided", "explained", "undecided")
    made = output.table("clause", *numbers, right=numbers)
    for row in rows:
        counts = (
            row.records, row.left_up, *(row.decisions.get(v, 0) for v in ("no_violation", "violation", "counsel")),
            *(row.removals.get(s, 0) for s in ("matched", "explained", "unmatched")),
        )  # fmt: skip
        made.add_row(row.clause or "of no clause", *(f"{count:,}" for count in counts))
    out.print(made)
    uneven = [(row.clause, rule) for row in rows for rule in row.rules if rule.removed and rule.left_up]
    if uneven:
        out.print(Text("\nPointed at by the same rule, some removed and some left up", style="bold"))
        split = output.table("clause", "rule", "removed", "left up", right=("removed", "left up"))
        for clause, rule in uneven:
            split.add_row(clause, rule.rule, f"{rule.removed:,}", f"{rule.left_up:,}")
        out.print(split)
    note = "Findings are evidence, not verdicts. Decided, explained and undecided are removals."
    out.print(Text(note, style="dim"))
