"""Printing what was disposed of: the stub of one record, and the folders that overlap an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from social_archive.cli import output

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.retention.answers import Disposed, DisposedFolder
    from social_archive.retention.disposed_proof import DisposedReport


def print_stub(out: Console, answer: Disposed) -> None:
    """All that is left of a record: nothing of what it said, or of who said it."""
    out.print(Text(answer.sentence, style="bold"))
    out.print(output.facts([
        ("record id", answer.rid), ("series", answer.series), ("item", answer.item), ("month", answer.month),
        ("disposal", answer.disposal),
    ]))  # fmt: skip
    out.print(Text(f"\nProof: archive prove {answer.rid[:12]} -o proof.json", style="dim"))


def print_disposed(out: Console, folders: list[DisposedFolder]) -> None:
    """The disposals that overlap an answer, those of one account and certificate on one line."""
    from social_archive.retention.answers import together

    if folders:
        out.print(Text("Records that may belong here were disposed of, and what they said is gone:", style="yellow"))
    for first, some in together(folders):
        months = f"{some[0].month} to {some[-1].month}" if some[0].month != some[-1].month else some[0].month
        records = output.plural(sum(folder.records for folder in some), "record")
        line = Text(f"  {months}  {first.platform}/{first.account}  {records}, {under(first)}", style="yellow")
        out.print(line)


def under(folder: DisposedFolder) -> str:
    if folder.certificate is None:
        return f"disposal {folder.disposal}, whose certificate is pending"
    return f"certificate {folder.certificate}"


def print_proof(out: Console, report: DisposedReport) -> None:
    """The check of a proof of disposal, for people."""
    certificate = output.safe(report.certificate) if report.certificate else Text("pending when this proof was made")
    out.print(Text("The proof holds.", style="bold green"))
    out.print(output.facts([
        ("record", f"{report.rid}, version {report.version}, series {report.series}: disposed of"),
        ("certificate", certificate),
        ("disposal", output.safe(report.disposal)),
        ("ledger", f"{output.safe_str(report.origin)}, among its first {report.size:,} leaves"),
        ("signed by", output.safe(report.vkey)),
    ]))  # fmt: skip
