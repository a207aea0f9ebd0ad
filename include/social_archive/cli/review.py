"""`archive review`: what the policy checks point at, looked at and decided by people."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.find import one_of, platform_and_name
from social_archive.cli.review_page import VERDICT_WORDS, finding_json, json_of, print_dossier
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.policy.decisions import Decided, Decision
    from social_archive.policy.review import Item, Queue, Wanted, Warned

STRENGTHS: Final = ("weak", "moderate", "strong")
SHOWN: Final = 5
"""Findings of one record in the list; `show` has all."""
VERDICTS: Final = ("no-violation", "violation", "counsel")
_STRENGTH_STYLES: Final = {"weak": "dim", "moderate": "", "strong": "bold"}
_VERDICT_STYLES: Final = {"no_violation": "green", "violation": "red", "counsel": "magenta"}

EXAMPLES = (
    "Examples:  archive review list --strength moderate   ·   archive review show 4f3a9c12ab34   ·   "
    'archive review decide 4f3a9c12ab34 --verdict no-violation --rationale "A neighbour\'s own number, posted by '
    'herself" --by records'
)

group = typer.Typer(
    rich_markup_mode=None, epilog=EXAMPLES,
    help="Look at what the policy checks point at, and record what people decide. Nothing here hides, deletes or "
    "answers anything, or changes how long a record is kept, whether it is found, or whether it is disclosed.",
)  # fmt: skip

Reference = Annotated[
    str, typer.Argument(metavar="RID", help="A record id (8 characters do), a permalink, or the platform's id.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="review")


@group.callback()
def _review(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


def resolved(archive: Archive, reference: str) -> str:
    """The rid behind what a person named. Raises NotFound."""
    from social_archive.search import Search

    with output.working("Looking"), closing(Search.of(archive)) as search:
        return search.resolve(reference)


# --------------------------------------------------------------------------- the queue


@group.command("list", epilog="Examples:  archive review list --criterion foia-request   ·   "
               "archive review list --clause advertising   ·   archive review list --counsel")  # fmt: skip
def list_waiting(
    criterion: Annotated[str | None, typer.Option(help="Only what this check found: archive review policy.")] = None,
    clause: Annotated[str | None, typer.Option(help="Only what may be about this clause of policy.yaml.")] = None,
    account: Annotated[str | None, typer.Option(help="NAME or PLATFORM/NAME as in accounts.yaml.")] = None,
    platform: Annotated[str | None, typer.Option(help="One platform.")] = None,
    strength: Annotated[
        str | None, typer.Option(help=f"Evidence of at least this strength: {', '.join(STRENGTHS)}.")
    ] = None,
    counsel: Annotated[bool, typer.Option("--counsel", help="What was referred to counsel and waits there.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Records to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Records to skip.")] = 0,
    _json: Json = False,
) -> None:
    """Records that wait for a decision, the longest waiting first, and how many wait because of which check."""
    from social_archive.policy import review
    from social_archive.policy.review import Wanted

    on, name = platform_and_name(account)
    one_of([strength] if strength else None, STRENGTHS, "--strength")
    with opened() as archive:
        wanted = Wanted(criterion, clause, platform or on, name, strength)  # type: ignore[arg-type]
        _require_known(archive, wanted)
        zone = archive.agency.body.time_zone
        if counsel:
            referred = review.referred(archive, wanted)
            _print_referred(referred[offset : offset + limit], len(referred), zone)
            return
        queue = review.queue(archive, wanted, limit=limit, offset=offset)
    _print_queue(queue, zone, offset)


def _require_known(archive: Archive, wanted: Wanted) -> None:
    """A misspelt filter would be answered with nothing, and nothing looks like all done. Raises NotFound."""
    from social_archive.cli.find import require_known
    from social_archive.errors import NotFound
    from social_archive.policy.suite import suite_of
    from social_archive.search import Query
    from social_archive.yaml_lines import suggestion

    require_known(archive, Query(platform=wanted.platform, account=wanted.account))
    suite = suite_of(archive.agency)
    for what, given, known in (
        ("check", wanted.criterion, [check.name for check in suite.checks]),
        ("clause", wanted.clause, [one.id for one in archive.agency.policy.clauses] if archive.agency.policy else []),
    ):
        if given is not None and given not in known:
            raise NotFound(f"There is no {what} {given!r}{suggestion(given, known)}.",
                           remedy=f"There are {', '.join(known) or 'none'}.")  # fmt: skip


def _print_queue(queue: Queue, zone: str, offset: int) -> None:
    if settings.as_json:
        output.print_json({
            "records": queue.records, "findings": queue.findings, "oldest": output.iso(queue.oldest),
            "by_criterion": [asdict(one) | {"oldest": output.iso(one.oldest)} for one in queue.by_criterion],
            "items": [_item_json(item) for item in queue.items],
        })  # fmt: skip
        return
    out = output.console()
    if not queue.records:
        out.print(Text("Nothing waits for a decision.", style="bold"))
        return
    what = f"{output.plural(queue.records, 'record waits', 'records wait')} for a decision, the oldest since"
    out.print(Text(f"{what} {output.day(queue.oldest, zone)}.", style="bold"))
    made = output.table("check", "clause", "records", "findings", "oldest", right=["records", "findings"])
    for one in queue.by_criterion:
        made.add_row(one.criterion, one.clause or "none", f"{one.records:,}", f"{one.findings:,}",
                     output.day(one.oldest, zone))  # fmt: skip
    out.print(made)
    for item in queue.items:
        out.print()
        _print_item(out, item, zone)
    last = offset + len(queue.items)
    if last < queue.records:
        out.print(Text(f"\n{queue.records - last:,} more: --offset {last}", style="dim"))
    if queue.items:
        out.print(Text(f"\nIn its thread: archive review show {queue.items[0].rid[:12]}", style="dim"))


def _print_referred(items: Sequence[Item], total: int, zone: str) -> None:
    if settings.as_json:
        output.print_json({"records": total, "items": [_item_json(item) for item in items]})
        return
    out = output.console()
    if not total:
        out.print(Text("Nothing is referred to counsel.", style="bold"))
        return
    out.print(Text(f"{output.plural(total, 'record')} referred to counsel.", style="bold"))
    for item in items:
        out.print()
        _print_item(out, item, zone)
        if item.referred is not None:
            out.print(Padding(_said(item.referred, zone), (0, 0, 0, 2), expand=False))


def _print_item(out: Console, item: Item, zone: str) -> None:
    since = f"  since {output.local(item.since, zone)}  " if item.referred is None else "  "
    kind = f"{item.platform}/{item.account}"
    out.print(Text.assemble((item.rid[:12], "cyan"), (since, "bold"), (kind, "dim")))
    for finding in item.findings[:SHOWN]:
        strength = (f"{finding.strength:<9}", _STRENGTH_STYLES[finding.strength])
        line = Text.assemble(strength, (f"{finding.criterion}  ", "bold"))
        line.append("“").append_text(output.safe(finding.quote, limit=160, one_line=True, style="italic")).append("”")
        if not finding.in_force:
            line.append("  rule no longer in force", style="dim")
        out.print(Padding(line, (0, 0, 0, 2), expand=False))
    if (more := len(item.findings) - SHOWN) > 0:
        out.print(Padding(Text(f"and {output.plural(more, 'more finding', 'more findings')}", style="dim"), (0, 2)))


# --------------------------------------------------------------------------- one record


@group.command(epilog="Example:  archive review show 4f3a9c12ab34")
def show(
    reference: Reference,
    whole: Annotated[bool, typer.Option("--all", help="Do not cut long texts and threads.")] = False,
    _json: Json = False,
) -> None:
    """One record as a reviewer needs it: the words pointed at, why, what the evidence cannot tell, and the thread."""
    from social_archive.policy import review
    from social_archive.search import Search

    with opened() as archive, closing(Search.of(archive)) as search:
        with output.working("Looking"):
            told = review.dossier(archive, search, search.resolve(reference))
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json(json_of(told))
        return
    out = output.console()
    print_dossier(out, told, zone, whole=whole)
    for decision in told.decisions:
        out.print(_said(decision, zone, superseded=decision is not told.decisions[-1]))
    _print_choices(out, told.record["rid"], decided=bool(told.decisions), on_list=told.on_list)


def _print_choices(out: Console, rid: str, *, decided: bool, on_list: bool) -> None:
    if on_list:
        out.print(Text("\nIt is on a list for disposal: nothing can be decided about it until that is withdrawn.",
                       style="yellow"))  # fmt: skip
        return
    again = "It is decided; a new decision supersedes the last one:" if decided else "It is for you to decide:"
    out.print(Text(f"\n{again}", style="bold"))
    for verdict in ("no-violation", "violation --clause CLAUSE", "counsel"):
        command = f"archive review decide {rid[:12]} --verdict {verdict} --rationale TEXT --by USER"
        out.print(Text(f"  {command}", style="dim"))


@group.command(epilog=EXAMPLES)
def decide(
    reference: Reference,
    verdict: Annotated[str, typer.Option(help=f"One of {', '.join(VERDICTS)}. There is no default.")],
    rationale: Annotated[
        str, typer.Option(metavar="TEXT", help="What you saw and why it leads to this. Kept with the record alone.")
    ],
    by: Annotated[str, typer.Option(metavar="USER", help="Who decides: a user of agency.yaml `people`.")],
    clause: Annotated[str | None, typer.Option(help="The clause that is violated: archive review policy.")] = None,
    finding: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A finding that it covers (8 characters do); may be repeated. Default: all."),
    ] = None,
    _json: Json = False,
) -> None:
    """Record a decision about one record: no violation, a violation of one clause, or a question for counsel."""
    from social_archive.policy import decisions, review
    from social_archive.policy.suite import suite_of

    (chosen,) = one_of([verdict.replace("_", "-")], VERDICTS, "--verdict")
    with opened(write=True) as archive:
        rid = resolved(archive, reference)
        shown = None if finding is None else [_finding(archive, rid, one) for one in finding]
        done = decisions.decide(archive, rid, chosen.replace("-", "_"), rationale=rationale, by=by, via="cli",  # type: ignore[arg-type]
                                clause=clause, findings=shown)  # fmt: skip
        warned = [one for one in review.warnings(suite_of(archive.agency)) if clause and one.clause == clause]
        zone = archive.agency.body.time_zone
    _print_decided(done, warned, zone)


def _finding(archive: Archive, rid: str, given: str) -> str:
    """The id of a finding of this record that begins so. Raises DecisionRefused."""
    from social_archive.policy import findings
    from social_archive.policy.decisions import DecisionRefused

    fitting = [i for i in findings.read(archive, rid=rid).column("id").to_pylist() if i.startswith(given)]
    if len(fitting) != 1 or len(given) < 8:
        raise DecisionRefused("No finding of this record has such an id. Nothing was decided.",
                              remedy=f"`archive review show {rid[:12]}` lists them.")  # fmt: skip
    return str(fitting[0])


def _print_decided(done: Decided, warned: Sequence[Warned], zone: str) -> None:
    if settings.as_json:
        output.print_json(decision_json(done.decision) | {"entry": done.entry})
        return
    out = output.console()
    out.print(_said(done.decision, zone))
    covered = output.plural(len(done.decision.findings), "finding")
    out.print(Text(f"It covers {covered}; ledger entry {done.entry}. The record stays as it is: kept as long, found "
                   "and disclosed as before. Nothing was done on the platform.", style="dim"))  # fmt: skip
    for one in warned:
        out.print(Text.assemble((f"{one.title}: ", "yellow"), one.note))


@group.command(epilog="Example:  archive review history 4f3a9c12ab34 --json")
def history(reference: Reference, _json: Json = False) -> None:
    """Every decision about one record, oldest first; the last one stands."""
    from social_archive.policy import decisions

    with opened() as archive:
        rid = resolved(archive, reference)
        found = decisions.history(archive, rid)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({"rid": rid, "decisions": [decision_json(decision) for decision in found]})
        return
    out = output.console()
    if not found:
        out.print(Text("Nobody has decided about this record."))
    for decision in found:
        out.print(_said(decision, zone, superseded=decision is not found[-1]))


def _said(decision: Decision, zone: str, *, superseded: bool = False) -> Text:
    """A decision in two or three lines."""
    what = VERDICT_WORDS[decision.verdict] + (f" of {decision.clause}" if decision.clause else "")
    line = Text.assemble((what, f"bold {_VERDICT_STYLES[decision.verdict]}"))
    line.append(f"  {output.local(decision.decided_at, zone)}  by ")
    line.append_text(output.safe(decision.name or decision.by, one_line=True, style="bold"))
    line.append(f", {decision.title}" if decision.title else "")
    line.append(f" ({decision.by}, {decision.via})  policy version {decision.policy}", style="dim")
    line.append("  superseded" if superseded else "", style="dim")
    return line.append("\n  ").append_text(output.safe(decision.rationale, style="italic"))


# --------------------------------------------------------------------------- the policy


@group.command("policy", epilog="Example:  archive review policy")
def show_policy(_json: Json = False) -> None:
    """The clauses of the comment policy, which checks look for what, and what to keep in mind about each."""
    from social_archive.policy import review
    from social_archive.policy.suite import suite_of

    with opened(catch_up=False) as archive:
        suite, policy = suite_of(archive.agency), archive.agency.policy
    warned = review.warnings(suite)
    clauses = policy.clauses if policy else []
    if settings.as_json:
        output.print_json({
            "version": suite.version, "title": policy.title if policy else None,
            "clauses": [
                {"clause": one.id, "text": one.text, "checks": _checks_json(warned, one.id)} for one in clauses
            ],
            "of_no_clause": _checks_json(warned, None),
        })  # fmt: skip
        return
    out = output.console()
    if policy is None:
        out.print(Text("The agency has no comment policy: there is no policy.yaml.", style="bold"))
    else:
        out.print(Text.assemble((policy.title, "bold"), (f", version {suite.version}", "dim")))
    for one in clauses:
        out.print(Text.assemble((f"\n{one.id}", "bold cyan"), f"  {one.text}"))
        _print_checks(out, [check for check in warned if check.clause == one.id])
    if others := [check for check in warned if check.clause is None]:
        out.print(Text("\nOf no clause", style="bold cyan"))
        _print_checks(out, others)


def _print_checks(out: Console, warned: Sequence[Warned]) -> None:
    if not warned:
        nothing = Text("No check looks for this. A person may decide about it all the same.", style="dim")
        out.print(Padding(nothing, (0, 2)))
    for one in warned:
        line = Text.assemble((one.title, "bold"), (f"  {one.criterion}", "dim"), ("" if one.on else "  off", "yellow"))
        out.print(Padding(line, (0, 2)))
        out.print(Padding(Text(one.note), (0, 4)))


def _checks_json(warned: Sequence[Warned], clause: str | None) -> list[dict[str, Any]]:
    return [{"check": one.criterion, "title": one.title, "on": one.on, "note": one.note}
            for one in warned if one.clause == clause]  # fmt: skip


# --------------------------------------------------------------------------- shapes


def decision_json(decision: Decision) -> dict[str, Any]:
    return asdict(decision) | {"decided_at": output.iso(decision.decided_at)}


def _item_json(item: Item) -> dict[str, Any]:
    return {
        "rid": item.rid, "platform": item.platform, "account": item.account, "since": output.iso(item.since),
        "findings": [finding_json(finding) for finding in item.findings],
        "referred": None if item.referred is None else decision_json(item.referred),
    }  # fmt: skip
