"""`archive harvest`: read accounts now, in this process, without Airflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings
from social_archive.errors import ArchiveError

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.config import Account
    from social_archive.harvest import HarvestReport


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  archive harvest   ·   archive harvest larkspur mastodon/larkspur-kids --full")(
        harvest
    )


def harvest(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help="Accounts; none given: all that are enabled.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Walk everything again, not only the watch window.")] = False,
    _json: Json = False,
) -> None:
    """Harvest accounts into the archive. Running it twice adds nothing twice. Exit code 1 if one could not be read."""
    with opened(write=True) as archive:
        accounts = [archive.account(name) for name in names] if names else archive.agency.enabled_accounts()
        if not accounts:
            raise ArchiveError(
                "No account is enabled, so there is nothing to harvest.",
                remedy="Set `enabled: true` in accounts.yaml; `archive accounts show NAME` says what one needs.",
            )
        done = [_one(archive, account, full) for account in accounts]
    if settings.as_json:
        output.print_json({"harvests": done})
    else:
        _print(done)
    raise typer.Exit(0 if all(one["outcome"] == "ok" for one in done) else 1)


def _one(archive: Archive, account: Account, full: bool) -> dict[str, Any]:
    """One account's report. An expected failure is its outcome, and the next account has its turn."""
    from social_archive import harvest as core

    try:
        _print_plan(archive, account)
        with _progress(f"{account.platform}/{account.name}") as tell:
            report: HarvestReport = core.run(archive, account, full=full, progress=tell)
        return report.to_dict()
    except ArchiveError as error:
        return {"platform": account.platform, "account": account.name, "outcome": "failed", "message": str(error)}


def _print_plan(archive: Archive, account: Account) -> None:
    """What the run costs, before it starts, where the platform counts or charges."""
    from social_archive.harvest import plan

    planned = plan.estimate(archive, account)
    if planned is not None and not settings.as_json:
        output.errors().print(Text(f"{account.platform}/{account.name}: {planned.sentence}", style="dim"))


@contextmanager
def _progress(name: str) -> Iterator[Callable[[str, int], None]]:
    """A line that moves while an account is read; plain lines where nobody watches."""
    err = output.errors()
    if settings.as_json or not err.is_terminal:
        yield lambda stage, count: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[stage]}", style="dim", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(name, total=None, stage="")
        yield lambda stage, count: bar.update(task, stage=f"{count:,} {stage}")


def _print(done: list[dict[str, Any]]) -> None:
    out = output.console()
    numbers = ("new", "changed", "deleted", "unchanged", "quarantined")
    made = output.table("account", "outcome", *numbers, "gaps", right=[*numbers, "gaps"])
    for one in done:
        style = {"ok": "green", "partial": "yellow", "paused": "yellow"}.get(one["outcome"], "red")
        counts = [f"{one[name]:,}" if one.get(name) else "·" for name in numbers]
        made.add_row(f"{one['platform']}/{one['account']}", Text(one["outcome"], style=style), *counts,
                     str(len(one.get("gaps", [])) or "·"))  # fmt: skip
    out.print(made)
    for one in done:
        if one["outcome"] != "ok":
            name = f"\n{one['platform']}/{one['account']}  "
            out.print(Text.assemble((name, "bold"), output.safe(one["message"])))
            if one.get("regain_at"):
                out.print(Text(f"The platform lets us in again at {one['regain_at']}.", style="dim"))
    if any(one.get("quarantined") for one in done):
        out.print(Text("\nWhat was quarantined, and why: archive quarantine list", style="dim"))
