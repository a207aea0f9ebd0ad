"""`archive policy`: read records under the comment policy, and see what was found. People decide elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output, policy_report
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.policy.suite import Check

SHOWN = 50

group = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True,
    help="The comment policy's checks: they show evidence to a person, and change nothing.",
    epilog="Examples:  archive policy check   ·   archive policy findings --criterion advertising   ·   "
    "archive policy criteria   ·   archive policy report --month 2026-11",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="policy")


group.command("report", epilog=policy_report.EPILOG)(policy_report.report)


@group.callback()
def _policy(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


@group.command("check", epilog="Examples:  archive policy check   ·   archive policy check larkspur --json")
def check_(
    account: Annotated[str | None, typer.Argument(help="Only this account, `name` or `platform/name`.")] = None,
    _json: Json = False,
) -> None:
    """Read what the rules in force have not read yet. Findings are kept with their records; nothing else changes."""
    from social_archive.policy import check

    with opened(write=True) as archive:
        chosen = archive.account(account) if account else None
        where = {"platform": chosen.platform, "account": chosen.name} if chosen else {}
        jobs = check.pending(archive, **where)
        done = []
        with output.counting("Reading") as tell:
            for number, job in enumerate(jobs):
                tell(number, len(jobs))
                done.append(check.check(archive, job))
    if settings.as_json:
        output.print_json({
            "records": sum(one.records for one in done), "findings": sum(one.findings for one in done),
            "jobs": [{"platform": one.platform, "account": one.account, "records": one.records,
                      "findings": one.findings, "entry": one.entry, "by_criterion": one.by_criterion} for one in done],
        })  # fmt: skip
        return
    out = output.console()
    if not done:
        out.print(Text("Everything was read already under the rules in force."))
        return
    made = output.table("account", "records read", "new findings", "of", right=["records read", "new findings"])
    for one in done:
        of = ", ".join(f"{name} {count}" for name, count in sorted(one.by_criterion.items()))
        made.add_row(f"{one.platform}/{one.account}", f"{one.records:,}", f"{one.findings:,}", of)
    out.print(made)
    out.print(Text("A finding is evidence, no verdict: `archive review list` is where people decide.", style="dim"))


@group.command("findings", epilog="Example:  archive policy findings --criterion private-information --strength strong")
def findings_(
    criterion: Annotated[str | None, typer.Option("--criterion", help="Only of this check.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Only of this account.")] = None,
    record: Annotated[str | None, typer.Option("--record", metavar="RID", help="Only about this record.")] = None,
    strength: Annotated[str | None, typer.Option("--strength", help="weak, moderate or strong.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many at most, newest first.")] = SHOWN,
    _json: Json = False,
) -> None:
    """What the checks found, newest first: the words, the rule, and why it may matter."""
    from social_archive.policy import findings

    with opened() as archive:
        chosen = archive.account(account) if account else None
        rows = findings.read(
            archive, rid=record, platform=chosen.platform if chosen else None, account=chosen.name if chosen else None
        ).drop_columns(["secret", "commitment"]).to_pylist()  # fmt: skip
        zone = archive.agency.body.time_zone
    rows = [row for row in rows if criterion in (None, row["criterion"]) and strength in (None, row["strength"])]
    rows.sort(key=lambda row: (row["found_at"], row["id"]), reverse=True)
    if settings.as_json:
        shown = [{**row, "found_at": row["found_at"].isoformat()} for row in rows[:limit]]
        output.print_json({"total": len(rows), "findings": shown})
        return
    _print(output.console(), rows, limit, zone)


def _print(out: Console, rows: list[dict[str, Any]], limit: int, zone: str) -> None:
    if not rows:
        out.print(Text("Nothing was found."))
        return
    made = output.table("record", "account", "criterion", "strength", "words", "why")
    for row in rows[:limit]:
        words = output.safe(row["quote"], limit=80, one_line=True)
        made.add_row(Text(row["rid"][:12], style="cyan"), f"{row['platform']}/{row['account']}", row["criterion"],
                     row["strength"], words, output.safe(row["explanation"]))  # fmt: skip
    out.print(made)
    if len(rows) > limit:
        out.print(Text(f"… and {output.plural(len(rows) - limit, 'finding')} more: --limit, --json", style="dim"))


@group.command("criteria", epilog="Example:  archive policy criteria --json")
def criteria(_json: Json = False) -> None:
    """The checks of this agency: what each looks for, for which clause, and what a reviewer must keep in mind."""
    from social_archive.policy.suite import suite_of

    with opened(catch_up=False) as archive:
        suite = suite_of(archive.agency)
    if settings.as_json:
        output.print_json({"version": suite.version, "rules": suite.digest,
                           "criteria": [_told(check) for check in suite.checks]})  # fmt: skip
        return
    out = output.console()
    out.print(Text(f"Version {suite.version} of the policy, rules {suite.digest[:12]}\n", style="dim"))
    for check in suite.checks:
        on = Text("on", style="green") if check.on else Text("off", style="dim")
        out.print(Text.assemble((check.criterion.title, "bold"), f"  {check.name}  ", on))
        out.print(output.facts([
            ("clause", check.clause or "of none"), ("reads", check.criterion.audience), ("note", check.note),
            *((rule.id, f"v{rule.version}, {rule.strength}: {rule.says}") for rule in check.criterion.rules),
        ]))  # fmt: skip
        out.print()


def _told(check: Check) -> dict[str, Any]:
    criterion = check.criterion
    return {
        "name": check.name, "title": criterion.title, "on": check.on, "clause": check.clause,
        "audience": criterion.audience, "note": check.note, "settings": criterion.settings.model_dump(mode="json"),
        "rules": [{"id": r.id, "version": r.version, "strength": r.strength, "says": r.says} for r in criterion.rules],
    }  # fmt: skip
