"""`archive doctor` and `archive rebuild`: is the ground firm, and start over from the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, load_environment, opened, settings

if TYPE_CHECKING:
    from social_archive.archive import Archive

VERIFICATION_FAILED = 3


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  archive doctor --json   (exit code 3 if a check fails)")(doctor)
    app.command(epilog="Example:  archive rebuild")(rebuild)


def doctor(_json: Json = False) -> None:
    """Try on the real store what the archive rests on: locks, conditional writes, versions, clock, signing key."""
    from social_archive.archive import open_archive
    from social_archive.doctor import check_schedule, run_doctor
    from social_archive.store import Store

    load_environment()
    archive = open_archive()
    store = archive.agency.store
    with output.working("Trying the store, about five seconds"):
        checks = run_doctor(Store.connect(store), Store.connect(store, store.ledger_bucket), lambda: archive.signer)
        if checks[0].ok:
            checks.append(check_schedule(open_archive(write=False)))
    well = all(check.ok for check in checks)
    if settings.as_json:
        output.print_json({"ok": well, "checks": [check.to_dict() for check in checks]})
    else:
        out = output.console()
        made = output.table("", "check", "what was seen")
        for check in checks:
            mark = Text("see below", style="yellow") if check.warning else output.ok(check.ok)
            made.add_row(mark, check.name, output.safe(check.detail))
        out.print(made)
        for check in checks:
            if check.remedy:
                out.print(Text.assemble((f"\n{check.name}: ", "bold"), output.safe(check.remedy)))
        out.print(
            Text(
                "\nAll is well." if well else "\nSomething is wrong; see above.",
                style="bold green" if well else "bold red",
            )
        )
    raise typer.Exit(0 if well else VERIFICATION_FAILED)


def rebuild(_json: Json = False) -> None:
    """Throw away every cache and read the archive again from the bucket, checking each object's hash.

    What was disposed of and is back (a restored backup) is destroyed again; until the end nothing else may write.
    """
    from social_archive.rebuild import rebuild as start_over

    with opened(catch_up=False) as archive, output.counting("Replaying the ledger") as tell:
        archive.write = _has_key(archive)
        done = start_over(archive, progress=tell)
    if settings.as_json:
        output.print_json(done)
        return
    out = output.console()
    out.print(Text("Rebuilt from the bucket.", style="bold green"))
    out.print(output.facts([(name.replace("_", " "), f"{many:,}") for name, many in done.items()]))


def _has_key(archive: Archive) -> bool:
    """Reading needs no signing key; only a hold that has to move what a disposal claimed writes an entry."""
    from social_archive.errors import ConfigError

    try:
        return bool(archive.signer)
    except ConfigError:
        return False
