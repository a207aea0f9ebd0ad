"""`archive coverage`: what was walked, what is stored, what can be claimed; as data, as a signed note, as a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.default_command import WithDefault
from social_archive.cli.find import moment
from social_archive.cli.settings import Json, opened, settings
from social_archive.cli.signed_files import read_beside
from social_archive.errors import ArchiveError

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.coverage import Asked, Statement

VERIFICATION_FAILED = 3

group = typer.Typer(
    cls=WithDefault, rich_markup_mode=None,
    help="Statements of what was walked and stored in a period. Without a command: make them.",
    epilog="Examples:  archive coverage   ·   archive coverage larkspur --from 2026-01 --to 2026-03 -o DIR   ·   "
    "archive coverage verify DIR/mastodon-larkspur.json",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="coverage")


@group.callback()
def _coverage(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


@group.command("make", epilog="Example:  archive coverage larkspur --from 2026-01 --to 2026-03 -o statements")
def make(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One account; none given: all in accounts.yaml.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="First day: 2026, 2026-03 or 2026-03-01. Default: the first post.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Last day; a month or year counts whole. Default: the last ledger entry.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for statement (JSON), signed note and page (PDF).")
    ] = None,
    ids: Annotated[
        bool, typer.Option("--ids", help="List the platform's ids of what is absent. An id may lead to a person.")
    ] = False,
    _json: Json = False,
) -> None:
    """State what was walked in a period, what is stored of it, and what can and cannot be claimed."""
    from social_archive.coverage import Asked

    with opened(write=True) as archive, output.working("Stating"):
        zone = archive.agency.body.time_zone
        asked = Asked(moment(since, zone), moment(until, zone, end=True), ids)
        made = list(_statements(archive, name, asked))
        written = [_write(archive, out, statement) for statement in made] if out is not None else []
    if settings.as_json:
        output.print_json({"statements": made, "files": [str(path) for paths in written for path in paths]})
        return
    for statement in made:
        _print(statement)
    for paths in written:
        output.console().print(Text("Wrote " + "  ".join(map(str, paths)), style="bold"))


def _statements(archive: Archive, name: str | None, asked: Asked) -> Iterator[Statement]:
    from social_archive.coverage import Statements

    accounts = [archive.account(name)] if name else archive.agency.accounts
    with closing(Statements(archive)) as statements:
        for account in accounts:
            yield statements.of(account, asked)


def _write(archive: Archive, folder: Path, statement: Statement) -> list[Path]:
    """Statement, note and page beside each other; the note, which vouches for both, last."""
    from social_archive.coverage import encode
    from social_archive.coverage_note import sign, verify
    from social_archive.documents.coverage import page

    body = encode(statement)
    pdf = page(statement, body)
    note = sign(archive.signer, body, pdf)
    if problems := verify(body, note, pdf=pdf).problems:  # never hand out what others will reject
        raise ArchiveError(f"The statement does not hold: {problems[0]}.", remedy="Run `archive ledger verify`.")
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{statement['account']['platform']}-{statement['account']['name']}"
    paths = [folder / f"{stem}.json", folder / f"{stem}.pdf", folder / f"{stem}.note.txt"]
    for path, content in zip(paths, (body, pdf, note.encode()), strict=True):
        path.write_bytes(content)
    return paths


@group.command(epilog="Example:  archive coverage verify statements/mastodon-larkspur.json --vkey 'library.example/…'")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The statement (JSON); note and PDF lie beside it.")],
    vkey: Annotated[str | None, typer.Option(help="The verifier key that the public body publishes.")] = None,
    _json: Json = False,
) -> None:
    """Check a statement, its note and its page. Needs no network, no archive, no agency folder. Exit code 3 if not."""
    from social_archive.coverage_note import verify as check

    files = read_beside(file, "statement")
    report = check(files.body, files.note, pdf=files.pdf, vkey=vkey)
    if settings.as_json:
        output.print_json({
            "ok": report.ok, "problems": report.problems, "account": report.statement.get("account"),
            "period": report.statement.get("period"), "ledger": report.statement.get("ledger"),
            "vkey": report.vkey, "vkey_given": report.key_given, "pdf_checked": report.pdf_checked,
        })  # fmt: skip
    elif report.ok:
        _print_holds(report.statement, report.vkey, key_given=report.key_given, page=report.pdf_checked)
    else:
        out = output.console()
        out.print(Text("This statement does not hold.", style="bold red"))
        for problem in report.problems:
            out.print(Text("  ").append_text(output.safe(problem)))
    raise typer.Exit(0 if report.ok else VERIFICATION_FAILED)


# --------------------------------------------------------------------------- printing


def _print(s: Statement) -> None:
    out = output.console()
    account, looks = s["account"], s["looks"]
    out.print(Text(f"{account['platform']}/{account['name']}", style="bold"))
    totals = [
        f"{total['name'].replace('_', ' ')}: {total['platform']:,} there, {_known(total['stored'])} here"
        for total in s["totals"]
    ]  # fmt: skip
    absent = [f"{count:,} {state.replace('_', ' ')}" for state, count in s["absent"].items()]
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in looks["outcomes"].items())
    out.print(output.facts([
        ("period", f"{s['period']['from']} to {s['period']['to']}"),
        ("looks", f"{looks['kept']:,} on record: {outcomes or 'none'}"),
        ("records", f"{sum(sum(states.values()) for states in s['records']['created'].values()):,} of the period"),
        ("absent", ", ".join(absent) or "none"),
        ("disposed of", f"{sum(f['records'] for f in s['disposed']):,}" if s["disposed"] else None),
        ("totals", output.safe("; ".join(totals))),
        ("ledger", f"{s['ledger']['entries']:,} entries, root {s['ledger']['root'][:16]}…"),
    ]))  # fmt: skip
    for style, sentences in (("green", s["claim"]["can"]), ("yellow", s["claim"]["cannot"])):
        for sentence in sentences:
            out.print(Text.assemble(("  • ", style), output.safe(sentence)))
    out.print()


def _known(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _print_holds(s: Statement, vkey: str, *, key_given: bool, page: bool) -> None:
    out = output.console()
    account: dict[str, Any] = s["account"]
    out.print(Text("The statement holds.", style="bold green"))
    out.print(output.facts([
        ("account", output.safe(f"{account['platform']}/{account['name']}")),
        ("period", output.safe(f"{s['period']['from']} to {s['period']['to']}")),
        ("ledger", output.safe(f"{s['ledger']['origin']}, its first {s['ledger']['size']:,} leaves")),
        ("page", "the one that was signed" if page else "not beside it, not checked"),
        ("signed by", output.safe(vkey)),
    ]))  # fmt: skip
    if not key_given:
        words = (
            "The key came with the statement. To know whose it is, compare it with the one that the public body "
            "publishes, or give that one with --vkey."
        )
        out.print(Text("\n" + words, style="yellow"))
