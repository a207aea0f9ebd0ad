"""How one record is shown to a reviewer: the words pointed at, what is said of them, the notes, the thread."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.evidence import Mark, marked
from social_archive.cli.find import author, gap_json, print_gaps
from social_archive.cli.show import print_thread, title

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.policy.review import Dossier, Finding

BODY: Final = 4_000
THREAD: Final = 100
VERDICT_WORDS: Final = {
    "no_violation": "no violation", "violation": "violation", "counsel": "referred to counsel",
}  # fmt: skip


def print_dossier(out: Console, told: Dossier, zone: str, *, whole: bool) -> None:
    """Everything but the decisions, which the caller prints below."""
    record = told.record
    out.print(title(record))
    out.print(author(record))
    when = record["created_at"] or record["observed_at"]
    out.print(Text(f"{output.local(when, zone)}   {record['rid']}", style="dim"))
    numbers = {finding.id: number for number, finding in enumerate(told.findings, 1)}
    _print_texts(out, told, numbers, None if whole else BODY)
    _print_findings(out, told, numbers, zone)
    _print_warnings(out, told)
    if told.thread.size > 1:
        print_thread(out, told.thread, zone, None if whole else THREAD)
    print_gaps(out, told.thread.gaps, zone)
    if told.decisions:
        out.print(Text(f"\n{output.plural(len(told.decisions), 'decision')}", style="bold"))


# --------------------------------------------------------------------------- the text


def _print_texts(out: Console, told: Dossier, numbers: dict[str, int], limit: int | None) -> None:
    """Each text in which something was found, and the latest one where that is another."""
    by_text: dict[tuple[int, str], list[Finding]] = {}
    for finding in told.findings:
        by_text.setdefault((finding.version, finding.field), []).append(finding)
    latest = (told.record["body_version"], "body")
    for where in sorted({*by_text, latest}):
        some = by_text.get(where, [])
        text = told.text_of(some[0]) if some else told.record["body"]
        heading = _heading(*where, told, alone=where == latest and told.latest_version == 1)
        out.print()
        if heading:
            out.print(Text(heading, style="dim"))
        marks = [Mark(finding.start, finding.end, numbers[finding.id]) for finding in some]
        words = marked(text, marks, limit=limit) if text else Text("(no text)", style="dim")
        out.print(Padding(words, (0, 2)))


def _heading(version: int, field: str, told: Dossier, *, alone: bool) -> str:
    what = "" if field == "body" else f"Description of attachment {int(field.removeprefix('alt:')) + 1}, "
    if alone and not what:
        return ""
    of = told.latest_version
    return f"{what}version {version} of {of}".capitalize() + (", the latest" if version == of else "")


# --------------------------------------------------------------------------- what was found


def _print_findings(out: Console, told: Dossier, numbers: dict[str, int], zone: str) -> None:
    clauses = {clause.id: clause.text for clause in told.clauses}
    titles = {one.criterion: one.title for one in told.warnings}
    if not told.findings:
        out.print(Text("\nThe checks found nothing in it. A person may decide about it all the same.", style="bold"))
    for finding in told.findings:
        line = Text.assemble((f"\n({numbers[finding.id]}) ", "yellow"))
        line.append(titles.get(finding.criterion, finding.criterion), style="bold")
        line.append(f"  {finding.strength} evidence")
        if finding.covered_by is not None:
            line.append(f"  decided: {_verdict_of(told, finding)}", style="green")
        out.print(line)
        out.print(Padding(_about(finding, clauses, zone), (0, 4)))


def _verdict_of(told: Dossier, finding: Finding) -> str:
    decision = next(one for one in told.decisions if one.id == finding.covered_by)
    return VERDICT_WORDS[decision.verdict]


def _about(finding: Finding, clauses: dict[str, str], zone: str) -> Text:
    line = Text.assemble(output.safe(finding.explanation, limit=600), "\n")
    if finding.clause is not None:
        text = clauses.get(finding.clause, "it is not in policy.yaml any more")
        line.append(f"May be about clause {finding.clause}: {text}\n")
    if (evidence := json.loads(finding.evidence)) and isinstance(evidence, dict):
        told = ", ".join(f"{name} {_plain(value)}" for name, value in sorted(evidence.items()))
        line.append("Seen: ", style="dim").append_text(output.safe(told, limit=400, style="dim")).append("\n")
    rule = f"rule {finding.rule}, version {finding.rule_version}, policy {finding.policy}"
    line.append(f"{rule}, found {output.local(finding.found_at, zone)}, finding {finding.id[:12]}", style="dim")
    if not finding.in_force:
        line.append("\nThis rule is no longer in force.", style="yellow")
    return line


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _print_warnings(out: Console, told: Dossier) -> None:
    if told.warnings:
        out.print(Text("\nKeep in mind", style="bold"))
    for one in told.warnings:
        out.print(Padding(Text.assemble((f"{one.title}: ", "yellow"), one.note), (0, 2)))


# --------------------------------------------------------------------------- as JSON


def json_of(told: Dossier) -> dict[str, Any]:
    return {
        "record": output.row_json(told.record),
        "versions": [output.row_json(row) for row in told.versions],
        "findings": [finding_json(finding) | {"text": told.text_of(finding)} for finding in told.findings],
        "waiting": len(told.waiting),
        "decisions": [asdict(one) | {"decided_at": output.iso(one.decided_at)} for one in told.decisions],
        "thread": [
            {"depth": depth, "orphan": node.orphan, "versions": len(node.versions), **output.row_json(node.item)}
            for depth, node in told.thread.walk()
        ],
        "gaps": [gap_json(gap) for gap in told.thread.gaps],
        "notes": [asdict(one) for one in told.warnings],
        "clauses": _clauses(told),
        "on_list_for_disposal": told.on_list,
    }  # fmt: skip


def _clauses(told: Dossier) -> Sequence[dict[str, str]]:
    return [{"clause": clause.id, "text": clause.text} for clause in told.clauses]


def finding_json(finding: Finding) -> dict[str, Any]:
    return asdict(finding) | {"evidence": json.loads(finding.evidence), "found_at": output.iso(finding.found_at)}
