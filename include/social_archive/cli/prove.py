"""`archive prove` and `archive verify-proof`: a proof that travels, and its check by a stranger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.disposed import print_proof
from social_archive.cli.settings import Json, opened, settings
from social_archive.errors import ArchiveError, NotFound

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.proof import ProofReport
    from social_archive.retention.disposed_proof import DisposedReport

VERIFICATION_FAILED = 3
MAX_PROOF = 64 * 1024 * 1024


def register(app: typer.Typer) -> None:
    app.command(
        epilog="Examples:  archive prove 4f3a9c12ab34 -o proof.json   ·   "
        "archive prove 4f3a9c12ab34 --reveal body,times,state"
    )(prove)
    app.command(
        "verify-proof", epilog="Example:  archive verify-proof proof.json --vkey 'library.example/social-records+…'"
    )(verify_proof)


def prove(
    reference: Annotated[str, typer.Argument(metavar="RID", help="A record id, a permalink, or the platform's id.")],
    out: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of printing.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Which version; default: the latest.")] = None,
    reveal: Annotated[str | None, typer.Option(help="Only these fields, comma between; the rest stays sealed.")] = None,
    _json: Json = False,
) -> None:
    """Write a self-contained proof that a record is in the ledger, unchanged. It opens without network or archive.

    Of a record that was disposed of it proves that it was there and under which certificate it was destroyed.
    """
    from social_archive.proving import prove as make
    from social_archive.search import Search

    fields = None if reveal is None else {name.strip() for name in reveal.split(",") if name.strip()}
    with opened() as archive, output.working("Proving"):
        try:
            rid = Search.of(archive).resolve(reference)
        except NotFound:
            proof = _of_disposed(archive, reference, version)
        else:
            proof = make(archive, rid, version=version, reveal=fields)
    if out is None:
        output.print_json(proof)
        return
    out.write_text(json.dumps(proof, indent=1, ensure_ascii=True) + "\n")
    if "fields" not in proof:
        _print_disposed(out, proof)
        return
    shown = [field["name"] for field in proof["fields"] if "value" in field]
    if settings.as_json:
        output.print_json({"file": str(out), "rid": rid, "version": proof["record"]["ver"], "revealed": shown})
        return
    console = output.console()
    console.print(Text(f"Wrote {out}", style="bold"))
    console.print(output.facts([
        ("record", f"{rid}, version {proof['record']['ver']}"),
        ("reveals", ", ".join(shown) or "nothing"),
        ("sealed", ", ".join(field["name"] for field in proof["fields"] if "value" not in field) or None),
        ("check it", f"archive verify-proof {out} --vkey '{proof['vkey']}'"),
    ]))  # fmt: skip


def _of_disposed(archive: Archive, reference: str, version: int | None) -> dict[str, Any]:
    """The proof of a record that was destroyed. Raises NotFound for an id that nothing has or had."""
    from social_archive.retention.answers import prove

    return prove(archive, reference, version=version)


def _print_disposed(out: Path, proof: dict[str, Any]) -> None:
    if settings.as_json:
        output.print_json({"file": str(out), "rid": proof["record"]["rid"], "version": proof["record"]["ver"],
                           "disposal": proof["disposal"], "certificate": proof["certificate"]})  # fmt: skip
        return
    console = output.console()
    console.print(Text(f"Wrote {out}", style="bold"))
    console.print(output.facts([
        ("record", f"{proof['record']['rid']}, version {proof['record']['ver']}: disposed of"),
        ("certificate", proof["certificate"] or "pending"),
        ("disposal", proof["disposal"]),
        ("check it", f"archive verify-proof {out} --vkey '{proof['vkey']}'"),
    ]))  # fmt: skip


def verify_proof(
    file: Annotated[Path, typer.Argument(help="The proof, as `archive prove` wrote it.")],
    vkey: Annotated[str | None, typer.Option(help="The verifier key that the public body publishes.")] = None,
    _json: Json = False,
) -> None:
    """Check a proof. Needs no network, no archive and no agency folder. Exit code 3 if it does not hold."""
    from social_archive.proof import verify_proof as check
    from social_archive.retention import disposed_proof

    proof = _read(file)
    of_disposed = isinstance(proof, dict) and proof.get("format") == disposed_proof.FORMAT
    report = disposed_proof.verify(proof, vkey) if of_disposed else check(proof, vkey)
    if settings.as_json:
        output.print_json(_json_of(report))
    else:
        _print(report)
    raise typer.Exit(0 if report.ok else VERIFICATION_FAILED)


def _read(file: Path) -> Any:
    """The proof's JSON, read strictly: with a key twice, two readers could see two proofs."""
    try:
        if file.stat().st_size > MAX_PROOF:
            raise ArchiveError(f"{file} is too large to be a proof.", remedy="Ask for the file again.")
        return json.loads(file.read_bytes().decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except OSError as error:
        raise ArchiveError(f"{file} cannot be read: {error.strerror}.", remedy="Check the file's name.") from None
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _json_of(report: ProofReport | DisposedReport) -> dict[str, Any]:
    from social_archive.retention.disposed_proof import DisposedReport

    if isinstance(report, DisposedReport):
        return {"ok": report.ok, "disposed": True, **{k: v for k, v in vars(report).items() if k != "size"},
                "tree_size": report.size}  # fmt: skip
    return {
        "ok": report.ok, "problems": report.problems, "rid": report.rid, "version": report.version,
        "series": report.series, "origin": report.origin, "tree_size": report.size, "vkey": report.vkey,
        "vkey_given": report.key_given, "withheld": report.withheld,
        "fields": {name: value.hex() if isinstance(value, bytes) else value for name, value in report.fields.items()},
    }  # fmt: skip


def _print(report: ProofReport | DisposedReport) -> None:
    from social_archive.retention.disposed_proof import DisposedReport

    out = output.console()
    if not report.ok:
        out.print(Text("This proof does not hold.", style="bold red"))
        for problem in report.problems:
            out.print(Text("  ").append_text(output.safe(problem)))
        return
    if isinstance(report, DisposedReport):
        print_proof(out, report)
    else:
        _print_holds(out, report)
    if not report.key_given:
        words = (
            "The key came with the proof. To know whose it is, compare it with the one that the public body publishes, "
            "or give that one with --vkey."
        )
        out.print(Text("\n" + words, style="yellow"))


def _print_holds(out: Console, report: ProofReport) -> None:
    out.print(Text("The proof holds.", style="bold green"))
    out.print(output.facts([
        ("record", f"{report.rid}, version {report.version}, series {report.series}"),
        ("ledger", f"{output.safe_str(report.origin)}, among its first {report.size:,} leaves"),
        ("signed by", output.safe(report.vkey)),
        *[(name, output.safe(_words(name, value), limit=600)) for name, value in report.fields.items()],
        ("sealed", ", ".join(report.withheld) or None),
    ]))  # fmt: skip


def _words(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, int) and not isinstance(value, bool) and name.endswith("_at"):
        return output.iso(value) or ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
