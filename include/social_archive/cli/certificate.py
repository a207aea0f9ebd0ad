"""`archive certificate`: certificates of destruction, checked by anybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, settings
from social_archive.cli.signed_files import read_beside

if TYPE_CHECKING:
    from social_archive.retention.certificate_note import CertificateReport

VERIFICATION_FAILED = 3

group = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Certificates of what was destroyed, and by whose authority.",
    epilog="Example:  archive certificate verify certificate.json --vkey 'library.example/…'",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="certificate")


@group.callback()
def _certificate(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


@group.command(epilog="Example:  archive certificate verify certificate.json --vkey 'library.example/…'")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The certificate (JSON); note and PDF lie beside it.")],
    vkey: Annotated[str | None, typer.Option(help="The verifier key that the public body publishes.")] = None,
    _json: Json = False,
) -> None:
    """Check a certificate of destruction. Needs no network, no archive, no agency folder. Exit code 3 if not."""
    from social_archive.retention.certificate_note import verify as check

    files = read_beside(file, "certificate")
    report = check(files.body, files.note, pdf=files.pdf, vkey=vkey)
    if settings.as_json:
        output.print_json(_as_json(report))
    elif report.ok:
        _print_holds(report)
    else:
        out = output.console()
        out.print(Text("This certificate does not hold.", style="bold red"))
        for problem in report.problems:
            out.print(Text("  • ").append_text(output.safe(problem)))
    raise typer.Exit(0 if report.ok else VERIFICATION_FAILED)


def _as_json(report: CertificateReport) -> dict[str, Any]:
    c = report.certificate
    names = ("number", "disposal", "plan", "totals", "destroyed", "ledger")
    return {
        "ok": report.ok, "problems": report.problems, **{name: c.get(name) for name in names}, "vkey": report.vkey,
        "vkey_given": report.key_given, "pdf_checked": report.pdf_checked,
    }  # fmt: skip


def _print_holds(report: CertificateReport) -> None:
    c, out = report.certificate, output.console()
    totals, people, returned = c["totals"], c["people"], c["authority"]["returned"]
    answer = f", {returned['outcome']} {returned['on']} ({returned['reference'] or 'no reference'})" if returned else ""
    out.print(Text("The certificate holds.", style="bold green"))
    out.print(output.facts([
        ("number", output.safe(c["number"])),
        ("destroyed", output.safe(
            f"{totals['records']:,} records in {output.plural(totals['objects'], 'object')}, "
            f"{c['destroyed']['from']} to {c['destroyed']['to']}"
        )),
        ("authority", output.safe(f"{c['authority']['name']}{answer}")),
        ("proposed by", output.safe(people["proposed"]["by"])),
        ("approved by", output.safe(", ".join(one["by"] for one in people["approved"]))),
        ("shown gone", output.safe(", ".join(place["title"] for place in c["places"]))),
        ("exceptions", output.safe("; ".join(one["sentence"] for one in c["exceptions"]) or "none")),
        ("ledger", output.safe(f"{c['ledger']['origin']}, its first {c['ledger']['size']:,} leaves")),
        ("pages", "those that were signed" if report.pdf_checked else "not beside it, not checked"),
        ("signed by", output.safe(report.vkey)),
    ]))  # fmt: skip
    if not report.key_given:
        words = (
            "The key came with the certificate. To know whose it is, compare it with the one that the public body "
            "publishes, or give that one with --vkey."
        )
        out.print(Text("\n" + words, style="yellow"))
