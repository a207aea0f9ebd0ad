"""`archive determine`: is it a record, and may it be disclosed? What people answered, of a record or of a class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.evidence import Mark, marked
from social_archive.cli.find import one_of, platform_and_name
from social_archive.cli.review import resolved
from social_archive.cli.review_page import BODY
from social_archive.cli.settings import Json, opened, settings
from social_archive.record import KINDS

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.policy.class_determinations import RecordClass, Standing
    from social_archive.policy.determinations import Answer, Determination, Question, Span

RECORDS: Final = ("record", "non-record", "undecided")
FOIA: Final = ("public", "exempt", "not-public-record")
TITLES: Final = {"local_records": "Local records law", "foia": "Freedom of information"}
PRESUMED: Final = {
    "local_records": "presumed a record, and kept: nobody has said otherwise",
    "foia": "presumed a public record, and open: nobody has said otherwise",
}
_SPAN: Final = re.compile(r"(?:(body|alt:\d+):)?(\d+)-(\d+)")

EXAMPLES = (
    'Examples:  archive determine records 4f3a9c12ab34 --answer record --basis "Answers a patron\'s question" '
    "--by records   ·   archive determine records --series comments --kind reply --answer undecided --basis TEXT "
    '--by records   ·   archive determine foia 4f3a9c12ab34 --answer exempt --code CODE --words "555-0101" '
    '--basis "A private telephone number" --authority LAW --by records   ·   '
    "archive determine show 4f3a9c12ab34"
)

group = typer.Typer(
    rich_markup_mode=None, epilog=EXAMPLES,
    help="Record whether something is a record and whether it may be disclosed. Two answers, independent of each other "
    "and open to revision. Until somebody answers, it is a record, and public. No answer shortens how long a record is "
    "kept, lifts a hold, or hides anything.",
)  # fmt: skip

Target = Annotated[
    str | None,
    typer.Argument(metavar="RID", help="A record: id (8 characters do), permalink, platform's id. Without: a class."),
]
Series = Annotated[str | None, typer.Option(help="All records of this series of the schedule.")]
Account = Annotated[str | None, typer.Option(help="All records of this account: NAME or PLATFORM/NAME.")]
Kind = Annotated[str | None, typer.Option(help=f"All records of this kind: {', '.join(KINDS)}.")]
Basis = Annotated[
    str, typer.Option(metavar="TEXT", help="The facts. About a class it is kept for ever: name nobody of the public.")
]
By = Annotated[str, typer.Option(metavar="USER", help="Who decides: a user of agency.yaml `people`.")]
Reviewer = Annotated[str | None, typer.Option(metavar="USER", help="Who looked at it as well.")]


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="determine")


@group.callback()
def _determine(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


# --------------------------------------------------------------------------- answering


@group.command(epilog=EXAMPLES)
def records(
    answer: Annotated[str, typer.Option(help=f"One of {', '.join(RECORDS)}.")],
    basis: Basis,
    by: By,
    reference: Target = None,
    series: Series = None,
    account: Account = None,
    kind: Kind = None,
    item: Annotated[
        str | None, typer.Option(metavar="SERIES", help="The item of the schedule of a record. Default: where it lies.")
    ] = None,
    reviewer: Reviewer = None,
    _json: Json = False,
) -> None:
    """Is it a record under the law on local records, and of which item of the schedule?"""
    from social_archive.policy.determinations import Answer

    (chosen,) = one_of([answer.replace("_", "-")], RECORDS, "--answer")
    of = _class(reference, series, account, kind)
    said = Answer(chosen.replace("-", "_"), basis, item=item, reviewer=reviewer)
    with opened(write=True) as archive:
        rid = resolved(archive, reference) if reference is not None else None
        _answer(archive, "local_records", rid, of, said, by)


@group.command(epilog=EXAMPLES)
def foia(
    answer: Annotated[str, typer.Option(help=f"One of {', '.join(FOIA)}.")],
    basis: Basis,
    by: By,
    reference: Target = None,
    series: Series = None,
    account: Account = None,
    kind: Kind = None,
    code: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Of an exemption, as the law writes it; may be repeated.")
    ] = None,
    authority: Annotated[str | None, typer.Option(metavar="TEXT", help="The law that it rests on.")] = None,
    words: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="The exempt words as they stand there; may be repeated. Default: all."),
    ] = None,
    span: Annotated[
        list[str] | None,
        typer.Option(metavar="[FIELD:]START-END", help="The same in characters: 10-25, alt:0:3-9; may be repeated."),
    ] = None,
    reviewer: Reviewer = None,
    _json: Json = False,
) -> None:
    """Is it a public record under the freedom-of-information law, and is it, or some of its words, exempt?"""
    from social_archive.policy.determinations import Answer

    (chosen,) = one_of([answer.replace("_", "-")], FOIA, "--answer")
    of = _class(reference, series, account, kind)
    with opened(write=True) as archive:
        rid = resolved(archive, reference) if reference is not None else None
        spans = _spans(archive, rid, words or [], span or [])
        said = Answer(chosen.replace("-", "_"), basis, codes=tuple(code or ()), spans=spans, authority=authority,
                      reviewer=reviewer)  # fmt: skip
        _answer(archive, "foia", rid, of, said, by)


def _class(reference: str | None, series: str | None, account: str | None, kind: str | None) -> RecordClass:
    """The class that was named; an empty one beside a record. Raises a usage error for both, or for neither."""
    from social_archive.policy.class_determinations import RecordClass

    one_of([kind] if kind else None, KINDS, "--kind")
    of = RecordClass(series, *platform_and_name(account), kind)
    if (reference is None) == (not of.to_dict()):
        raise typer.BadParameter("give either a RID or a class of records (--series, --account, --kind)")
    return of


def _spans(archive: Archive, rid: str | None, words: Sequence[str], given: Sequence[str]) -> tuple[Span, ...]:
    from social_archive.policy import determinations

    if not words and not given:
        return ()
    if rid is None:
        raise typer.BadParameter("exempt words are words of one record: give its RID")
    found = list(determinations.spans_of(archive, rid, words))
    for one in given:
        if (parts := _SPAN.fullmatch(one)) is None:
            raise typer.BadParameter(f"--span {one!r}: write START-END, such as 10-25 or alt:0:3-9")
        version = determinations.last_text(archive, rid)
        found.append(determinations.Span(version, parts[1] or "body", int(parts[2]), int(parts[3])))
    return tuple(dict.fromkeys(found))


def _answer(archive: Archive, question: Question, rid: str | None, of: RecordClass, said: Answer, by: str) -> None:
    from social_archive.policy import class_determinations, determinations

    zone = archive.agency.body.time_zone
    if rid is None:
        of_class = class_determinations.determine(archive, of, question, said, by=by, via="cli")
        _print_made(of_class.said, of_class.n, zone, of)
        return
    made, entry = determinations.determine(archive, rid, question, said, by=by, via="cli")
    _print_made(made, entry, zone, None)
    _print_elsewhere(archive, rid, made)


def _print_made(made: Determination, entry: int | None, zone: str, of: RecordClass | None) -> None:
    if settings.as_json:
        output.print_json(determination_json(made) | {"entry": entry, "class": of and of.to_dict()})
        return
    out = output.console()
    out.print(_said(made, zone, of=of))
    out.print(Text(f"Ledger entry {entry}. Retention, holds, search and disclosure are as before.", style="dim"))
    if made.codes and not made.codes_verified:
        out.print(Text(f"Unverified: the pack of law lists no exemption codes, so {', '.join(made.codes)} stands as "
                       "it was typed. Check it before you rely on it.", style="yellow"))  # fmt: skip


def _print_elsewhere(archive: Archive, rid: str, made: Determination) -> None:
    """An answer moves nothing: if the schedule's rules keep the record under another item, that is said."""
    from social_archive import companions

    lies_in = companions.place_of(archive, rid)[1].series
    if made.item is not None and made.item != lies_in and not settings.as_json:
        output.console().print(Text(
            f"It lies in series {lies_in}, where the rules of the schedule put it, and stays there: to move it, change "
            "a rule or tag it (archive tag).", style="yellow"))  # fmt: skip


# --------------------------------------------------------------------------- looking


@group.command(epilog="Example:  archive determine show 4f3a9c12ab34")
def show(
    reference: Annotated[
        str, typer.Argument(metavar="RID", help="A record id (8 characters do), a permalink, or the platform's id.")
    ],
    _json: Json = False,
) -> None:
    """Both answers about one record: what holds, who said so and when, and everything said before."""
    from social_archive.policy import class_determinations, determinations

    with opened() as archive:
        rid = resolved(archive, reference)
        stands = class_determinations.of_record(archive, rid)
        said = {question: determinations.history(archive, rid, question) for question in stands}
        exempt = stands["foia"].said.spans if stands["foia"].said else ()
        words = _words(determinations.texts(archive, rid, exempt), exempt)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({"rid": rid} | {
            question: _standing_json(one) | {"history": [determination_json(old) for old in said[question]]}
            for question, one in stands.items()
        })  # fmt: skip
        return
    out = output.console()
    out.print(Text(f"Record {rid}", style="bold"))
    for question, one in stands.items():
        _print_standing(out, question, one, said[question], zone)
    for text in words:
        out.print(Padding(text, (1, 2, 0, 2), expand=False))


def _words(texts: dict[tuple[int, str], str], spans: Sequence[Span]) -> list[Text]:
    """The texts of a record with the exempt words marked."""
    numbered = list(enumerate(spans, 1))
    return [
        marked(text, [Mark(span.start, span.end, n) for n, span in numbered if (span.version, span.field) == where],
               limit=BODY)
        for where, text in texts.items()
    ]  # fmt: skip


def _print_standing(
    out: Console, question: Question, stands: Standing, said: Sequence[Determination], zone: str
) -> None:
    out.print(Text(f"\n{TITLES[question]}", style="bold"))
    if stands.said is None:
        out.print(Padding(Text(PRESUMED[question]), (0, 2), expand=False))
    else:
        out.print(Padding(_said(stands.said, zone, of=stands.of, titled=False), (0, 2), expand=False))
    for one in reversed([one for one in said if stands.said is None or one.id != stands.said.id]):
        before = _said(one, zone, of=None, titled=False).append("\n  superseded", style="dim")
        out.print(Padding(before, (0, 2), expand=False))


@group.command("classes", epilog="Example:  archive determine classes --all")
def list_classes(
    every: Annotated[bool, typer.Option("--all", help="Superseded answers too.")] = False, _json: Json = False
) -> None:
    """What was determined about classes of records."""
    from social_archive.policy import class_determinations

    with opened() as archive:
        found = class_determinations.every(archive) if every else class_determinations.standing(archive)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({"determinations": [
            determination_json(one.said) | {"entry": one.n, "class": one.of.to_dict()} for one in found
        ]})  # fmt: skip
        return
    out = output.console()
    if not found:
        out.print(Text("Nothing was determined about classes of records."))
    for one in found:
        out.print(_said(one.said, zone, of=one.of))


def _said(one: Determination, zone: str, *, of: RecordClass | None, titled: bool = True) -> Text:
    """A determination in a few lines."""
    line = Text.assemble((one.answer.replace("_", " "), "bold"))
    line.append(": a record, and kept, until somebody decides" if one.answer == "undecided" else "")
    line.append(f" of series {one.item}" if one.item else "")
    line.append(f" under {', '.join(one.codes)}" if one.codes else "")
    line.append(" (unverified)" if one.codes and not one.codes_verified else "", style="yellow")
    line.append(f"  {TITLES[one.question]}" if titled else "", style="dim")
    if of is not None:
        line.append("\n  said of every record with ").append(", ".join(f"{k} {v}" for k, v in of.to_dict().items()))
    line.append(f"\n  {output.local(one.decided_at, zone)}  by ")
    line.append_text(output.safe(one.name or one.by, one_line=True, style="bold"))
    line.append(f", {one.title}" if one.title else "").append(f" ({one.by}, {one.via})", style="dim")
    line.append(f", reviewed by {one.reviewer}" if one.reviewer else "")
    line.append("\n  ").append_text(output.safe(one.basis, style="italic"))
    if one.authority:
        line.append("\n  rests on ").append_text(output.safe(one.authority, one_line=True))
    if one.spans:
        told = ", ".join(f"{span.field} {span.start}-{span.end}, version {span.version}" for span in one.spans)
        line.append(f"\n  exempt: {told}")
    return line


# --------------------------------------------------------------------------- shapes


def determination_json(one: Determination) -> dict[str, Any]:
    return asdict(one) | {"decided_at": output.iso(one.decided_at)}


def _standing_json(stands: Standing) -> dict[str, Any]:
    return {
        "answer": stands.answer, "default": stands.default,
        "class": None if stands.of is None else stands.of.to_dict(),
        "said": None if stands.said is None else determination_json(stands.said),
    }  # fmt: skip
