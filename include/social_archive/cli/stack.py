"""`archive up`, `archive down`, `archive status`: the embedded stack."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from social_archive.archive import default_agency, default_state, open_archive
from social_archive.cli.output import print_json
from social_archive.cli.settings import Json, settings
from social_archive.errors import ArchiveError
from social_archive.stack import environment
from social_archive.stack.up import Stack


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  archive --agency include/sandbox/agency up --no-harvest")(up)
    app.command(epilog="Example:  archive down   (what is archived stays)")(down)
    app.command(epilog="Example:  archive status --json")(status)


def up(
    harvest: Annotated[
        bool | None,
        typer.Option("--harvest/--no-harvest", help="Run all harvests now, or none. Default: those that never ran."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start the embedded stack: object store, sandbox, Postgres, Airflow. Starts only what is down."""
    from social_archive.stack import up as stack

    console = Console(stderr=settings.as_json)
    state = default_state()
    if "ARCHIVE_AGENCY" not in os.environ:  # without --agency, the one of the last `archive up`
        os.environ.update({k: v for k, v in environment.read(state).items() if k == "ARCHIVE_AGENCY"})
    running = stack.up(default_agency(), state, console, harvest=harvest)
    done = running.harvested
    if settings.as_json:
        print_json(
            {"airflow": running.airflow_url, "store": running.store_url, "sandbox": running.sandbox,
             "harvested": done.ran, "failed": done.failed}
        )  # fmt: skip
    else:
        console.print(_archived())
        _next_steps(console, running)
    if done.failed:
        raise ArchiveError(
            f"A harvest failed: {', '.join(done.failed)}. The other accounts are archived, the stack is up.",
            remedy="Open the red task in Airflow: its log and the DAG's documentation say how to recover.",
        )


def down(as_json: Json = False) -> None:
    """Stop the embedded stack. Everything that is archived stays."""
    from social_archive.stack import up as stack

    console = Console(stderr=settings.as_json)
    stopped = stack.down(default_state(), console)
    if settings.as_json:
        print_json({"stopped": stopped})
    elif not stopped:
        console.print("Nothing was running.")


def status(as_json: Json = False) -> None:
    """Which parts of the embedded stack run. Exit code 1 if one is down."""
    from social_archive.stack import up as stack

    pids = stack.status(default_state())
    if settings.as_json:
        print_json(pids)
    else:
        for name, pid in pids.items():
            told = f"[green]up[/]    pid {pid}" if pid else "[dim]down[/]"
            Console().print(f"{name:<22} {told}", highlight=False)
    raise typer.Exit(0 if all(pids.values()) else 1)


def _archived() -> Table:
    """What the archive holds, by account, from the ledger."""
    archive = open_archive(write=False)
    try:
        archive.catalog.catch_up()
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for platform, account, kind, _, things in archive.catalog.totals():
            counts[platform, account][kind] += things
        quarantined = len(archive.catalog.quarantine_items())
        head = archive.catalog.head
    finally:
        archive.close()
    table = Table(title=f"Archive of {archive.agency.body.name}", title_justify="left", title_style="bold")
    for column in ("account", "posts", "comments", "replies", "profile", "gaps"):
        table.add_column(column, justify="left" if column == "account" else "right")
    for (platform, account), kinds in sorted(counts.items()):
        numbers = (str(kinds[kind]) for kind in ("post", "comment", "reply", "profile", "gap"))
        table.add_row(f"{platform}/{account}", *numbers)
    if head:
        table.caption = f"{head.n} ledger entries, {head.size} leaves, {quarantined} items in quarantine"
        table.caption_justify = "left"
    return table


def _next_steps(console: Console, running: Stack) -> None:
    users = "   ".join(f"[bold]{user}[/] {password}" for user, password in running.passwords.items())
    line = f"\n[bold]Airflow[/]  {running.airflow_url}   user and password: {users}"
    console.print(line, highlight=False, soft_wrap=True)
    console.print(
        "\n[bold]Next[/]     archive find \"summer reading\"      search it\n"
        "         archive ledger verify              replay every entry\n"
        "         archive tour                       the life of a record, in ten minutes\n"
        "         archive down                       stop; what is archived stays\n"
        "[dim]         (`archive` is .venv/bin/archive)[/]",
        highlight=False,
    )  # fmt: skip
