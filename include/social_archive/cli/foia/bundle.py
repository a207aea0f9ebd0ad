"""`archive foia bundle`, `approve`, `refuse`, `deliver`, `verify`: the answer as one file, its release, its check."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.foia.request_file import Event

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The request's number, e.g. 2026-014.")]
By = Annotated[str, typer.Option(help="Your user name, as in agency.yaml.")]
Sha256 = Annotated[str | None, typer.Option("--sha256", help="Of which bundle; default: the last one.")]


def register(group: typer.Typer) -> None:
    group.command(
        epilog="Examples:  archive foia bundle 2026-014 --by records   ·   archive foia bundle 2026-014 --by records "
        "--load-files"
    )(bundle)
    group.command(epilog="Example:  archive foia approve 2026-014 --by director")(approve)
    group.command(epilog='Example:  archive foia refuse 2026-014 --by director --reason "Page 3 names a minor"')(refuse)
    group.command(
        epilog="Examples:  archive foia deliver 2026-014 --folder /srv/answers --by records   ·   "
        "archive foia deliver 2026-014 --link --days 3 --by records"
    )(deliver)
    group.command(epilog="Example:  archive foia verify records-2026-014.zip --key-file library.vkey")(verify)


# --------------------------------------------------------------------------- building


def bundle(
    number: Number,
    by: By,
    load_files: Annotated[
        bool, typer.Option("--load-files", help="Concordance DAT and OPT and EDRM XML too, for review software.")
    ] = False,
    _json: Json = False,
) -> None:
    """Build the answer to a request: letter, records, logs and proofs in one file. Nothing goes out yet."""
    from social_archive.foia.bundle.build import build
    from social_archive.foia.bundle.model import Options

    with opened(write=True) as archive, _phases() as progress:
        built = build(archive, number, by=by, via="cli", options=Options(load_files=load_files), progress=progress)
    if settings.as_json:
        output.print_json({"name": built.name, "file": str(built.path), "sha256": built.sha256, "size": built.size,
                           "totals": built.totals, "event": built.event.id})  # fmt: skip
        return
    out = output.console()
    out.print(Text(f"Built {built.name}.zip", style="bold"))
    out.print(output.facts([
        ("records", totals_in_words(built.totals)), ("size", f"{built.size:,} bytes"), ("SHA-256", built.sha256),
    ]))  # fmt: skip
    out.print(Text("Look at it before it goes out, and check it:", style="bold"))
    to_copy = f"  {built.path}\n  archive foia verify {built.path}"
    out.print(Text(to_copy), soft_wrap=True)
    out.print(Text(f"Next: archive foia approve {output.safe_str(number)} --by USER", style="dim"))


def totals_in_words(totals: dict[str, int]) -> str:
    """430 found: 412 in full, 15 with words removed, 3 withheld, 0 destroyed on schedule."""
    return (f"{totals['hits']:,} found: {totals['released']:,} in full, {totals['redacted']:,} with words removed, "
            f"{totals['withheld']:,} withheld, {totals['disposed']:,} destroyed on schedule")  # fmt: skip


@contextmanager
def _phases() -> Iterator[Callable[[str, int, int], None]]:
    """One bar that says what is being done; silent where nobody watches."""
    err = output.errors()
    if settings.as_json or not err.is_terminal:
        yield lambda what, done, of: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("Looking at the review", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)


# --------------------------------------------------------------------------- letting it go out


def approve(number: Number, by: By, sha256: Sha256 = None, _json: Json = False) -> None:
    """Let the bundle of a request go out. It is this very bundle: another one needs another approval."""
    from social_archive.foia import delivery, request_file

    with opened(write=True) as archive:
        wanted = sha256 or delivery.waiting(request_file.read(archive, number)).told["sha256"]
        event = delivery.approve(archive, number, sha256=wanted, by=by, via="cli")
    _print_judged(event, "May go out", f"archive foia deliver {number} --folder DIR --by {by}")


def refuse(
    number: Number,
    by: By,
    reason: Annotated[str, typer.Option(help="Why. Kept in the request's file, not in the ledger.")],
    sha256: Sha256 = None,
    _json: Json = False,
) -> None:
    """Say that the bundle of a request must not go out."""
    from social_archive.foia import delivery, request_file

    with opened(write=True) as archive:
        wanted = sha256 or delivery.waiting(request_file.read(archive, number)).told["sha256"]
        event = delivery.refuse(archive, number, sha256=wanted, reason=reason, by=by, via="cli")
    _print_judged(event, "Refused", f"archive foia review {number}")


def _print_judged(event: Event, said: str, following: str) -> None:
    if settings.as_json:
        output.print_json({"event": event.id, "what": event.what, "sha256": event.told["sha256"], "by": event.by})
        return
    out = output.console()
    out.print(Text(f"{said}.", style="bold"))
    out.print(output.facts([
        ("bundle", event.told["sha256"]), ("by", output.safe(event.by)), ("next", output.safe(following)),
    ]))  # fmt: skip


def deliver(
    number: Number,
    by: By,
    folder: Annotated[Path | None, typer.Option(help="Lay bundle, note and check into this folder.")] = None,
    link: Annotated[bool, typer.Option("--link", help="Make a link; whoever has it can fetch the bundle.")] = False,
    days: Annotated[int, typer.Option(min=1, max=7, help="How long the link holds.")] = 7,
    again: Annotated[
        bool, typer.Option("--again", help="Another delivery, not the rest of the one that was entered already.")
    ] = False,
    _json: Json = False,
) -> None:
    """Hand out the approved bundle of a request, into a folder or as a link that ends by itself."""
    from social_archive.foia import delivery

    if (folder is None) != link:
        raise typer.BadParameter("say --folder DIR or --link", param_hint="--folder")
    with opened(write=True) as archive, output.working("Hashing the bundle once more"):
        done = delivery.deliver(archive, number, to="link" if link else "folder", by=by, via="cli", days=days,
                                folder=folder, again=again)  # fmt: skip
    if settings.as_json:
        output.print_json({"event": done.event.id, "sha256": done.sha256, "files": [str(path) for path in done.files],
                           "link": done.link})  # fmt: skip
        return
    out = output.console()
    out.print(Text("Delivered.", style="bold"))
    facts: list[tuple[str, Any]] = [("SHA-256", done.sha256), *[("file", str(path)) for path in done.files]]
    if done.link is not None:
        ends = done.event.time + timedelta(days=days)
        facts.append(("until", f"{ends:%Y-%m-%d %H:%M} UTC; the link is kept nowhere, so copy it now"))
    out.print(output.facts(facts))
    if done.link is not None:
        typer.echo(done.link)  # on a line of its own, unbroken


# --------------------------------------------------------------------------- checking


def verify(
    file: Annotated[Path, typer.Argument(help="The zip file, or the folder that was unpacked from it.")],
    key: Annotated[str | None, typer.Option(help="The verifier key that the public body publishes.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="A file that holds it.")] = None,
    _json: Json = False,
) -> None:
    """Check a bundle as a stranger does: with the one file that lies in it. Exit code 3 if it does not hold."""
    from social_archive.foia.bundle.build import checker

    command = [sys.executable, "-I", str(checker()), str(file.absolute())]
    command += ["--key", key] if key is not None else []
    command += ["--key-file", str(key_file.absolute())] if key_file is not None else []
    command += ["--json"] if settings.as_json else []
    raise typer.Exit(subprocess.run(command, check=False).returncode)
