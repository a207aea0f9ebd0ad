"""`archive retention`: the schedule in force, what a change of it would do, and how a change is made."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.config_schedule import Retention
    from social_archive.retention.plan import Changed, Line, Plan
    from social_archive.retention.schedules import ApprovedVersion, Change, Event, Proposal

group = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None,
    help="The retention schedule: what is in force, and changing it. Without a command: show it.",
    epilog="Examples:  archive retention   ·   archive retention plan   ·   "
    "archive retention propose --by records --reason \"Board of 14 May\"",
)  # fmt: skip

By = Annotated[str, typer.Option("--by", metavar="USER", help="Who does this: a user name of `people` in agency.yaml.")]

_EFFECTS = {"earlier": ("earlier", "bold red"), "later": ("later", "green"), "same": ("moves only", "dim"),
            "new": ("gets an end", "")}  # fmt: skip
_HOW = {"added": ("+", "green"), "removed": ("−", "red"), "changed": ("±", "yellow")}


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="retention")


@group.callback()
def _retention(ctx: typer.Context, _json: Json = False) -> None:
    if ctx.invoked_subcommand is None:
        show()


# --------------------------------------------------------------------------- asking


@group.command(epilog="Example:  archive retention show --json")
def show(_json: Json = False) -> None:
    """The schedule in force, what waits for approval, and whether retention.yaml says something else."""
    from social_archive.retention import schedules

    with opened() as archive:
        standing, waiting = schedules.standing(archive), schedules.pending(archive)
        now = schedules.in_force(archive)
        judged = now.retention if now else archive.agency.retention
        differs = schedules.differs(archive)
    ahead = [version for version in standing if now is None or version.n != now.n]
    if settings.as_json:
        output.print_json({
            "in_force": _version_json(now), "ahead": [_version_json(version) for version in ahead],
            "pending": _proposal_json(waiting), "file_differs": differs, "judged_by": judged.model_dump(mode="json"),
        })  # fmt: skip
        return
    out = output.console()
    _print_version(out, now, judged)
    _print_schedule(out, judged)
    for version in ahead:
        out.print(Text(f"\nVersion {version.version} is approved and holds from {version.effective}.", style="bold"))
    if waiting is not None:
        _print_waiting(out, waiting)
    if differs:
        what = "retention.yaml says something else than the version in force." if now else "Nothing is in force yet."
        out.print(Text.assemble((f"\n{what}  ", "bold yellow"), ("archive retention plan", "cyan"),
                                (" shows what it would change.", "yellow")))  # fmt: skip


@group.command(epilog="Examples:  archive retention plan   ·   archive retention plan --proposed --all")
def plan(
    proposed: Annotated[
        bool, typer.Option("--proposed", help="Of the version that waits for approval, not of retention.yaml.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Each cut-off on its own line.")] = False,
    _json: Json = False,
) -> None:
    """What retention.yaml would change if it came into force: a dry run. Nothing is written."""
    from social_archive.retention.plan import plan as make

    with opened() as archive:
        wanted = _waiting(archive).retention if proposed else archive.agency.retention
        with output.working("Asking every record under both versions"):
            found = make(archive, wanted)
    if settings.as_json:
        output.print_json(_plan_json(found))
        return
    out = output.console()
    _print_plan(out, found, wanted.time_zone, every)
    if not found.is_empty and not proposed:
        out.print(Text("\nTo make it so: archive retention propose --by USER --reason \"…\"", style="dim"))


@group.command(epilog="Example:  archive retention history")
def history(_json: Json = False) -> None:
    """Every version that was ever proposed or approved: by whom, when and why."""
    from social_archive.retention import schedules

    with opened() as archive:
        events = schedules.history(archive)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({"events": [asdict(event) for event in events]})
        return
    out = output.console()
    if not events:
        out.print("No version was proposed yet: records are judged by retention.yaml as it stands.")
        return
    made = output.table("entry", "when", "version", "what", "by", "reason", right=["entry"])
    for event in events:
        made.add_row(str(event.n), _when(event.at, zone), event.version, _event_words(event), output.safe(event.by),
                     output.safe(event.reason, style="dim"))  # fmt: skip
    out.print(made)


# --------------------------------------------------------------------------- changing


@group.command(epilog="Example:  archive retention propose --by records --reason \"Board resolution of 14 May\"")
def propose(
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why it changes; kept in the ledger.")],
    _json: Json = False,
) -> None:
    """Propose retention.yaml as the new version. What lets nothing go earlier is in force at once (from its date)."""
    from social_archive.retention import schedules

    with opened(write=True) as archive:
        with output.working("Asking every record under both versions"):
            done = schedules.propose(archive, by=by, via="cli", reason=reason)
        zone, today = archive.agency.body.time_zone, schedules.today(archive)
    _tell(done, zone, today)


@group.command(epilog="Example:  archive retention approve 2 --by director")
def approve(
    version: Annotated[str, typer.Argument(help="The version that waits; read it first: retention plan --proposed.")],
    by: By,
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="Of the proposal that you have read; another one is refused.")
    ] = None,
    _json: Json = False,
) -> None:
    """Approve the version that waits, as another person than the one who proposed it."""
    from social_archive.retention import schedules

    with opened(write=True) as archive:
        done = schedules.approve(archive, version, by=by, via="cli", sha256=sha256)
        zone, today = archive.agency.body.time_zone, schedules.today(archive)
    _tell(done, zone, today)


@group.command(epilog="Example:  archive retention apply   (the weekly run `consolidate` does the same)")
def apply(_json: Json = False) -> None:
    """Bring folders and locks in step with the schedule in force. A second time there is nothing to do."""
    from social_archive.retention import schedules

    with opened(write=True) as archive, output.counting("Moving and locking") as tell:
        done = schedules.apply_effects(archive, progress=tell)
    if settings.as_json:
        output.print_json({**asdict(done.settled), "locks": done.locks})
        return
    out = output.console()
    settled = done.settled
    if not (settled.rows or settled.media or settled.left_alone or done.locks):
        out.print(Text("Every record lies where it belongs, and every lock is long enough.", style="green"))
        return
    out.print(output.facts([
        ("moved", f"{output.plural(settled.rows, 'record')} out of {output.plural(settled.objects, 'object')}, "
                  f"{output.plural(settled.media, 'attachment')} with them"),
        ("locks extended", f"{done.locks:,}"),
        ("left alone", f"{output.plural(settled.left_alone, 'record')} in a disposal or changed meanwhile"
         if settled.left_alone else None),
        ("still in the store", f"{output.plural(settled.old_versions, 'replaced object')}; the audit removes them when "
         "their locks end" if settled.old_versions else None),
    ]))  # fmt: skip


# --------------------------------------------------------------------------- printing


def _print_version(out: Console, now: ApprovedVersion | None, judged: Retention) -> None:
    if now is None:
        out.print(Text("No version is in force", style="bold yellow"))
        out.print("Until one is proposed, records are judged by retention.yaml as it stands.")
    else:
        out.print(Text(f"Version {now.version} is in force", style="bold"))
    out.print(output.facts([
        ("effective", judged.effective.isoformat()),
        ("authority", judged.authority),
        ("application", judged.application_number or Text("not known yet: nothing can be disposed of", style="yellow")),
        ("approved", f"ledger entry {now.n}, {_when(now.approved_at, judged.time_zone)}" if now else None),
        ("sha256", now.sha256 if now else None),
    ]))  # fmt: skip


def _print_schedule(out: Console, retention: Retention) -> None:
    from social_archive.retention.plan import rule_words

    made = output.table("item", "series", "kept", "from", "cut-off", "citation")
    for item in retention.items:
        style = "" if item.scheduled else "yellow"
        made.add_row(item.id, item.series, Text(item.period, style=style), item.trigger.replace("_", " "),
                     item.cutoff.replace("_", " "), Text(item.citation, style="dim"))  # fmt: skip
    out.print()
    out.print(made)
    out.print(Text("\nRules: of all that match, the item that keeps a record longest wins.", style="dim"))
    for rule in retention.rules:
        out.print(Text(f"  {rule_words(rule)}" + (f"   {rule.reason}" if rule.reason else "")))


def _print_waiting(out: Console, waiting: Proposal) -> None:
    out.print(Text(f"\nVersion {waiting.version} waits for approval", style="bold yellow"))
    out.print(output.facts([
        ("proposed", Text.assemble("by ", output.safe(waiting.by), f", ledger entry {waiting.n}")),
        ("reason", output.safe(waiting.reason)),
        ("effective", waiting.effective.isoformat()),
        ("sha256", waiting.sha256),
        ("to read it", "archive retention plan --proposed"),
        ("to approve it", f"archive retention approve {waiting.version} --by ANOTHER"),
    ]))  # fmt: skip


def _print_plan(out: Console, found: Plan, zone: str, every: bool = False) -> None:
    against = f"version {found.against}, which is in force" if found.against else "nothing: no version is in force yet"
    out.print(Text(f"Version {found.version}, effective {found.effective}, against {against}", style="bold"))
    if found.is_empty:
        out.print(Text("Nothing changes.", style="green"))
        return
    _print_changed(out, "Items", found.items)
    _print_changed(out, "Rules", found.rules)
    _print_lines(out, found, zone, every)
    _print_locks(out, found, zone, every)
    ending = sum(line.records for line in found.lines if line.effect == "new")
    out.print()
    out.print(output.facts([
        ("get an end", output.plural(ending, "record") if ending else None),
        ("eligible earlier", Text(output.plural(found.earlier, "record"), style="bold red" if found.earlier else "")),
        ("eligible later", output.plural(found.later, "record")),
        ("due at once", Text(f"{output.plural(found.now_due, 'record')}, on {output.day(found.at, zone)}",
                             style="bold red") if found.now_due else "none"),
        ("to another folder", f"{output.plural(found.moved_records, 'record')} out of "
         f"{output.plural(found.moved_objects, 'object')}, {output.plural(found.moved_media, 'attachment')}"),
        ("locks extend", output.plural(found.locked, "object")),
        ("unchanged", output.plural(found.same, "record")),
    ]))  # fmt: skip
    for note in found.notes:
        out.print(Text(note, style="yellow"))
    if found.shortens:
        out.print(Text("\nA second person is needed:", style="bold yellow"))
        for sentence in found.shortens:
            out.print(Text(f"  {sentence}"))
    else:
        out.print(Text("\nOne person is enough: nothing is kept shorter.", style="green")
                  if found.against else Text("\nThe first version: one person is enough.", style="green"))  # fmt: skip


def _print_changed(out: Console, title: str, changes: list[Changed]) -> None:
    if not changes:
        return
    out.print(Text(f"\n{title}", style="bold"))
    for change in changes:
        sign, style = _HOW[change.how]
        name = "" if change.name == "rule" else f"{change.name}  "
        words = f"{change.was} → {change.becomes}" if change.how == "changed" else change.was or change.becomes
        out.print(Text.assemble((f"  {sign} ", style), (name, "bold"), words))


def _print_lines(out: Console, found: Plan, zone: str, every: bool) -> None:
    if not found.lines:
        return
    made = output.table("item", "cut-off", "records", "kept until", "becomes", "effect", right=["records"],
                        title="Records")  # fmt: skip
    out.print()
    for lines in ([line] for line in found.lines) if every else _gathered(found.lines):
        first = lines[0]
        item = first.new_item if first.old_item in (None, first.new_item) else f"{first.old_item} → {first.new_item}"
        effect = Text(*_EFFECTS[first.effect])
        if due := sum(line.due for line in lines):
            effect.append(f", {due:,} due at once")
        made.add_row(item, _span([_cutoffs(line) for line in lines]), f"{sum(line.records for line in lines):,}",
                     _span([_end(line.old_end, zone) for line in lines]) if found.against else "nothing in force",
                     _span([_end(line.new_end, zone) for line in lines]), effect)  # fmt: skip
    out.print(made)


def _gathered(lines: list[Line]) -> list[list[Line]]:
    """Lines of the same items with the same effect together, in the order of their first."""
    together: dict[Any, list[Line]] = {}
    for line in lines:
        together.setdefault((line.old_item, line.new_item, line.effect, line.old_end is None, line.new_end is None),
                            []).append(line)  # fmt: skip
    return list(together.values())


def _print_locks(out: Console, found: Plan, zone: str, every: bool) -> None:
    if not found.locks:
        return
    made = output.table("series", "cut-off", "objects", "locked until", "becomes", right=["objects"], title="Locks")
    out.print()
    together: dict[str, list[Any]] = {}
    for lock in found.locks:
        together.setdefault(f"{lock.series} {lock.cutoff}" if every else lock.series, []).append(lock)
    for locks in together.values():
        made.add_row(locks[0].series, _span([lock.cutoff for lock in locks]), f"{sum(x.objects for x in locks):,}",
                     _span([_end(lock.start, zone) for lock in locks]), _span([_end(lock.to, zone) for lock in locks])
                     )  # fmt: skip
    out.print(made)


def _cutoffs(line: Line) -> str:
    same = line.old_cutoff in (None, line.new_cutoff)
    return line.new_cutoff if same else f"{line.old_cutoff} → {line.new_cutoff}"


def _span(values: list[str]) -> str:
    """One value, or the first and the last of several."""
    distinct = sorted(set(values))
    return distinct[0] if len(distinct) == 1 else f"{distinct[0]} … {distinct[-1]}"


def _end(end: int | None, zone: str) -> str:
    return "no end" if end is None else output.day(end, zone)


def _tell(done: Change, zone: str, today: date) -> None:
    """What became of a proposal or an approval."""
    if settings.as_json:
        output.print_json({
            **{name: getattr(done, name) for name in ("version", "sha256", "needs_second", "proposed", "approved")},
            "effective": done.effective.isoformat(), "written": done.written,
            "plan": _plan_json(done.plan) if done.plan else None,
        })  # fmt: skip
        return
    out = output.console()
    if done.plan is not None:
        _print_plan(out, done.plan, zone)
        out.print()
    if done.approved is None:
        said = "Proposed" if done.written else "Proposed already"
        out.print(Text(f"{said} as version {done.version}, ledger entry {done.proposed}. It waits for a second person.",
                       style="bold yellow"))  # fmt: skip
        out.print(Text(f"archive retention approve {done.version} --by ANOTHER --sha256 {done.sha256}", style="cyan"),
                  soft_wrap=True)  # fmt: skip
        return
    said = "Approved" if done.written else "There is nothing to do: approved already"
    out.print(Text(f"{said}: version {done.version} holds from {done.effective}, ledger entry {done.approved}.",
                   style="bold green"))  # fmt: skip
    if done.written:
        when = "Folders and locks follow with" if done.effective <= today else "When its day has come"
        out.print(Text(f"{when}: archive retention apply   (the weekly run does it too)", style="dim"))


# --------------------------------------------------------------------------- parts


def _waiting(archive: Archive) -> Proposal:
    from social_archive.retention import schedules

    waiting = schedules.pending(archive)
    if waiting is None:
        raise schedules.ScheduleRefused("No version waits for approval.")
    return waiting


def _event_words(event: Event) -> Text:
    styles = {"in force": "bold green", "waits": "yellow", "overtaken": "dim", "replaced": "dim"}
    what = event.what.partition(".")[2]
    if event.needs_second:
        what += ", needs a second person"
    return Text.assemble(what + "  ", (event.status, styles.get(event.status, "")))


def _when(at: str, zone: str) -> str:
    from datetime import datetime

    from social_archive.record import micros

    return output.local(micros(datetime.fromisoformat(at)), zone)


def _plan_json(found: Plan) -> dict[str, Any]:
    """Ends in ISO 8601 UTC."""
    told = found.to_dict()
    for line in told["lines"]:
        line.update(old_end=output.iso(line["old_end"]), new_end=output.iso(line["new_end"]))
    for lock in told["locks"]:
        lock.update(start=output.iso(lock["start"]), to=output.iso(lock["to"]))
    return {**told, "at": output.iso(found.at), "effective": found.effective.isoformat()}


def _version_json(version: ApprovedVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {"version": version.version, "effective": version.effective.isoformat(), "sha256": version.sha256,
            "entry": version.n, "approved_at": version.approved_at}  # fmt: skip


def _proposal_json(waiting: Proposal | None) -> dict[str, Any] | None:
    if waiting is None:
        return None
    return {"version": waiting.version, "effective": waiting.effective.isoformat(), "sha256": waiting.sha256,
            "entry": waiting.n, "by": waiting.by, "via": waiting.via, "reason": waiting.reason, "at": waiting.at,
            "needs_second": waiting.needs_second, "change": waiting.change}  # fmt: skip
