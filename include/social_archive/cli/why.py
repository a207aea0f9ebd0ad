"""`archive why`: why a record is kept until when."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings
from social_archive.record import micros, now_micros

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from social_archive.archive import Archive
    from social_archive.retention.why import Answer, Applied, Why

CONFIDENCE = {
    "source": "read in the cited source", "secondary": "restated by another source",
    "unverified": "unverified: confirm with counsel", "inferred": "inferred: confirm with counsel",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  archive why 4f3a9c12ab34   ·   archive why https://example.social/@library/113")(why)


def why(
    reference: Annotated[
        str, typer.Argument(metavar="RID", help="A record id (8 characters do), a permalink, or the platform's id.")
    ],
    _json: Json = False,
) -> None:
    """Tell why a record is kept until when: item, rules, trigger, cut-off, lock, holds, and the schedule in force."""
    from social_archive.errors import NotFound
    from social_archive.retention import why as reasons
    from social_archive.search import Search

    with opened() as archive:
        try:
            with output.working("Looking"), closing(Search.of(archive)) as search:
                rid = search.resolve(reference)
        except NotFound:
            with output.working("Asking the ledger"):
                gone = reasons.disposed(archive, reference.strip())
            if gone is None:
                raise
            _tell_disposed(gone)
            return
        answer = reasons.why(archive, rid)
        zone = archive.agency.body.time_zone
        if settings.as_json:
            output.print_json(_json_of(answer, zone))
            return
        _print(output.console(), archive, answer, zone)


def _tell_disposed(gone: dict[str, Any]) -> None:
    if settings.as_json:
        output.print_json({"disposed": gone})
        return
    out = output.console()
    out.print(Text.assemble(("Disposed of  ", "bold"), (f"record {gone['rid']}", "cyan")))
    out.print(output.facts([
        ("disposal", gone["disposal"]), ("series", gone["series"]),
        ("versions", ", ".join(map(str, gone["versions"]))),
    ]))  # fmt: skip
    out.print(Text("Nothing of its content is left. Its leaves stay in the ledger.", style="dim"))


# --------------------------------------------------------------------------- on a screen


def _print(out: Console, archive: Archive, answer: Why, zone: str) -> None:
    for number, part in enumerate(answer.answers):
        if number:
            out.print()
        _print_answer(out, answer, part, zone, several=len(answer.answers) > 1)
    if answer.tags:
        out.print(Text("\nTags", style="bold"))
        for tag in answer.tags:
            told = f"{tag.tag}: {tag.reason}  ({tag.by}, {tag.time[:10]}, ledger entry {tag.n})"
            out.print(Padding(output.safe(told), (0, 2), expand=False))
    _print_holds(out, answer)
    schedule = answer.schedule
    told = "retention.yaml as it stands; no version was approved yet" if schedule.n is None else \
        f"approved in ledger entry {schedule.n}, in force from {schedule.effective}"  # fmt: skip
    out.print(Text(f"\nSchedule: version {schedule.version}, {told}", style="dim"))


def _print_answer(out: Console, answer: Why, part: Answer, zone: str, *, several: bool) -> None:
    from social_archive.retention import why as reasons

    decided = part.decided
    title = f"Kept until {reasons.until(decided, zone)}" if decided.until is not None else \
        {"permanent": "Kept permanently", "no end yet": "Kept: its clock has not started"}.get(
            reasons.until(decided, zone), "Kept: not scheduled for disposal")  # fmt: skip
    which = _versions(part.versions) if several else "all versions" if len(part.versions) > 1 else ""
    out.print(Text.assemble((title, "bold green"), f"  {which}  " if which else "  ", (answer.rid[:12], "cyan")))
    if decided.until is not None and decided.until <= now_micros():
        out.print(Text("That day has come. It stays until its disposal is approved.", style="yellow"))
    item = decided.item
    moment = output.local(decided.until, "UTC", seconds=True) if decided.until is not None else None
    out.print(output.facts([
        ("item", f"{item.id}  {item.title}"),
        ("period", item.period),
        ("citation", f"{item.citation}\n{CONFIDENCE[item.confidence]}"),
        ("trigger", reasons.trigger(item, part.facts, zone, dated=part.dated)),
        ("cut-off", reasons.cutoff(item, decided.cohort.cutoff) if decided.until is not None or item.has_period else
         None),
        ("may be disposed of from", f"{output.local(decided.until, zone, seconds=True)}\n{moment}" if moment else None),
        ("folder", _folder(part)),
        ("lock", _locks(part, zone)),
    ]))  # fmt: skip
    out.print()
    out.print(_rules(part, zone))
    out.print(Text(_sentence(part), style="dim"))


def _rules(part: Answer, zone: str) -> Table:
    from social_archive.retention import why as reasons

    made = output.table("rule", "asks for", "item", "period", "keeps until", "")
    for one in part.applied:
        made.add_row(str(one.number), output.safe(reasons.selectors(one.rule)), one.item.id, one.item.period,
                     reasons.until(one, zone), Text("decides", style="green") if one.decides else "")  # fmt: skip
        if one.rule.reason:
            made.add_row("", output.safe(one.rule.reason, style="dim"))
    return made


def _sentence(part: Answer) -> str:
    decided = part.decided
    if not decided.rule.selectors:
        return "No rule with a selector matches; the last rule takes what is left."
    if len(part.applied) == 1:
        return "It is the only rule that matches."
    if sum(one.until == decided.until for one in part.applied) > 1:
        return "The longest wins; of rules that keep it equally long, the first."
    return "The longest wins, whatever the order of the rules."


def _folder(part: Answer) -> str:
    cohort = part.decided.cohort
    folder = f"series={cohort.series}/cutoff={cohort.cutoff}"
    if part.settled:
        return folder
    lies = {f"series={kept.series}/cutoff={kept.cutoff}" for kept in part.kept} - {folder}
    return f"{folder}\nstill in {', '.join(sorted(lies))}; it moves when the archive is next settled"


def _locks(part: Answer, zone: str) -> str:
    told = []
    for kept in part.kept:
        if kept.lock is None:
            told.append("the store does not have the object: run `archive audit`")
            continue
        until = f"{kept.lock.mode} until {output.local(micros(kept.lock.retain_until), zone)}" \
            if kept.lock.retain_until else "no lock"  # fmt: skip
        told.append(until + (", legal hold" if kept.lock.hold else ", no legal hold"))
    return "\n".join(dict.fromkeys(told))


def _print_holds(out: Console, answer: Why) -> None:
    if not answer.holds:
        out.print(Text("\nNo hold covers it.", style="dim"))
        return
    out.print(Text(f"\n{output.plural(len(answer.holds), 'hold')}: it may not be disposed of, whatever the schedule "
                   "says", style="bold yellow"))  # fmt: skip
    for hold in answer.holds:
        out.print(Padding(output.safe(f"{hold['kind']}: {hold['matter']}  ({hold['id'][:12]}, placed by {hold['by']}, "
                                      f"review {hold['review']})"), (0, 2)))  # fmt: skip


def _versions(versions: tuple[int, ...]) -> str:
    return f"version{'s' if len(versions) > 1 else ''} {', '.join(map(str, versions))}"


# --------------------------------------------------------------------------- for programs


def _json_of(answer: Why, zone: str) -> dict[str, Any]:
    schedule = answer.schedule
    return {
        "rid": answer.rid,
        "schedule": {"version": schedule.version, "effective": schedule.effective.isoformat(),
                     "sha256": schedule.sha256, "entry": schedule.n, "approved_at": schedule.approved_at},
        "answers": [_answer_json(part, zone) for part in answer.answers],
        "tags": [{"tag": t.tag, "by": t.by, "reason": t.reason, "time": t.time, "entry": t.n} for t in answer.tags],
        "holds": list(answer.holds),
        "disposed": None,
    }  # fmt: skip


def _answer_json(part: Answer, zone: str) -> dict[str, Any]:
    from social_archive.retention import why as reasons

    decided, item = part.decided, part.decided.item
    return {
        "versions": list(part.versions),
        "item": {"id": item.id, "title": item.title, "series": item.series, "citation": item.citation,
                 "confidence": item.confidence, "period": item.period, "permanent": item.permanent},
        "trigger": {"kind": item.trigger, "told": reasons.trigger(item, part.facts, zone, dated=part.dated)},
        "cutoff": decided.cohort.cutoff,
        "retain_until": output.iso(decided.until),
        "retain_until_local": output.local(decided.until, zone, seconds=True) if decided.until is not None else None,
        "rules": [_rule_json(one) for one in part.applied],
        "settled": part.settled,
        "objects": [
            {"key": kept.key, "mode": kept.lock and kept.lock.mode, "hold": kept.lock and kept.lock.hold,
             "locked_until": kept.lock.retain_until.isoformat() if kept.lock and kept.lock.retain_until else None}
            for kept in part.kept
        ],
    }  # fmt: skip


def _rule_json(one: Applied) -> dict[str, Any]:
    return {"rule": one.number, "selectors": one.rule.selectors, "item": one.item.id, "period": one.item.period,
            "until": output.iso(one.until), "reason": one.rule.reason, "decides": one.decides}  # fmt: skip
