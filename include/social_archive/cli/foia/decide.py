"""`archive foia release`, `withhold`, `redact` and the rest: what a person decides about what was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.foia.review import SHORT, Number, action_text, print_next, print_totals, totals_json
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.foia.deciding import Acted
    from social_archive.foia.dispositions import Reviewed

By = Annotated[str, typer.Option(metavar="USER", help="Who decides: a user of agency.yaml `people`.")]
Hits = Annotated[
    list[str] | None, typer.Argument(metavar="[HITS]", help="Numbers of records, as `3 5-9`: archive foia review.")
]
Codes = Annotated[
    list[str] | None, typer.Option("--code", help="The exemption: archive foia exemptions. May be repeated.")
]
Basis = Annotated[str | None, typer.Option(help="The facts, in a sentence. Default: the law's data suggest one.")]
Unlisted = Annotated[bool, typer.Option("--unlisted", help="Take a code that the law's list does not have.")]
Rest = Annotated[bool, typer.Option("--rest", help="All that are undecided.")]


def register(group: typer.Typer) -> None:
    group.command(epilog="Examples:  archive foia release 2026-014 3 5-9 --by records   ·   "
                  "archive foia release 2026-014 --rest --by records")(release)  # fmt: skip
    group.command(epilog='Example:  archive foia withhold 2026-014 12 --code "7(1)(b)" --basis "A list of card numbers '
                  'of patrons." --by records')(withhold)  # fmt: skip
    group.command(epilog="Examples:  archive foia redact 2026-014 --kind phone --by records   ·   archive foia redact "
                  '2026-014 --hit 7 --words "my daughter Mia" --code "7(1)(c)" --by records   ·   archive foia redact '
                  '2026-014 --hit 7 --person --code "7(1)(c)" --by records')(redact)  # fmt: skip
    group.command(name="release-media", epilog="Example:  archive foia release-media 2026-014 7 1 --by records")(
        release_media
    )
    group.command(epilog="Example:  archive foia restore 2026-014 7 --by records")(restore)
    group.command(epilog="Example:  archive foia adopt 2026-014 --rest --by records")(adopt)
    group.command(epilog="Examples:  archive foia undo 2026-014 --by records   ·   archive foia undo 2026-014 4 "
                  "--by records")(undo)  # fmt: skip
    group.command(epilog="Example:  archive foia redo 2026-014 --by records")(redo)
    group.command(epilog="Example:  archive foia confirm 2026-014 --state 1f3a9c12 --by director")(confirm)


# --------------------------------------------------------------------------- whole records


def release(number: Number, by: By, hits: Hits = None, rest: Rest = False, _json: Json = False) -> None:
    """Let records go out, without the words that were taken out of them."""
    from social_archive.foia import deciding

    places = _places(hits, rest=rest)
    with opened(write=True) as archive:
        done = deciding.release(archive, number, places, by=by, via="cli")
    _print(done)


def withhold(
    number: Number, by: By, hits: Hits = None, rest: Rest = False, code: Codes = None, basis: Basis = None,
    unlisted: Unlisted = False, _json: Json = False,
) -> None:  # fmt: skip
    """Keep whole records back, under an exemption."""
    from social_archive.foia import deciding

    places = _places(hits, rest=rest)
    with opened(write=True) as archive:
        done = deciding.withhold(archive, number, places, codes=code or (), basis=basis, unlisted=unlisted, by=by,
                                 via="cli")  # fmt: skip
    _print(done)


def release_media(
    number: Number, by: By, hit: Annotated[int, typer.Argument(min=1, metavar="HIT", help="The record.")],
    attachment: Annotated[int, typer.Argument(min=1, metavar="N", help="Its attachment, by its number.")],
    _json: Json = False,
) -> None:  # fmt: skip
    """Let an attachment go that no program can look into, as it is. Look at all of it first: nothing is taken out."""
    from social_archive.foia import deciding

    with opened(write=True) as archive:
        done = deciding.release_media(archive, number, hit, attachment - 1, by=by, via="cli")
    _print(done)


def restore(number: Number, by: By, hits: Annotated[list[str], typer.Argument(metavar="HITS", help="As `3 5-9`.")],
            _json: Json = False) -> None:  # fmt: skip
    """Show again what was taken out of single records. Terms and persons stay out: undo those."""
    from social_archive.foia import deciding

    with opened(write=True) as archive:
        done = deciding.restore(archive, number, _numbers(hits), by=by, via="cli")
    _print(done)


def adopt(number: Number, by: By, hits: Hits = None, rest: Rest = False, _json: Json = False) -> None:
    """Do with records what was determined of them before (archive determine): release, withhold, or take words out."""
    from social_archive.foia import deciding

    places = _places(hits, rest=rest)
    with opened(write=True) as archive:
        done = deciding.adopt(archive, number, places, by=by, via="cli")
    for one in done[:-1]:
        if not settings.as_json:
            output.console().print(_said(one))
    _print(done[-1])


# --------------------------------------------------------------------------- words


def redact(
    number: Number, by: By,
    hit: Annotated[int | None, typer.Option(min=1, help="The record, for --words, --person and --media.")] = None,
    words: Annotated[str | None, typer.Option(help="Words of this record, as they stand in it.")] = None,
    term: Annotated[str | None, typer.Option(help="A name, a number: out of all records, however written.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="phone, e-mail, street-address, …: out of all records. See archive foia suggest.")
    ] = None,
    person: Annotated[
        bool, typer.Option("--person", help="Who wrote this record: taken out of all records, with what leads there.")
    ] = False,
    media: Annotated[int | None, typer.Option(min=1, help="An attachment of this record, by its number.")] = None,
    own: Annotated[
        bool, typer.Option("--own", help="With --kind: also out of the account's own records.")
    ] = False,
    code: Codes = None, basis: Basis = None, unlisted: Unlisted = False, _json: Json = False,
) -> None:  # fmt: skip
    """Take words, a kind of words, a person or an attachment out. The records in the archive stay as they are."""
    from social_archive.foia import deciding

    asked = {"--words": words, "--term": term, "--kind": kind, "--person": person or None, "--media": media}
    given = [name for name, value in asked.items() if value is not None]
    if len(given) != 1:
        raise typer.BadParameter("say one of them", param_hint="--words, --term, --kind, --person or --media")
    if hit is None and given[0] in ("--words", "--person", "--media"):
        raise typer.BadParameter("say which record", param_hint="--hit")
    place = hit or 0
    under: dict[str, Any] = {"codes": code or (), "basis": basis, "unlisted": unlisted, "by": by, "via": "cli"}
    with opened(write=True) as archive, output.working("Looking for it"):
        if words is not None:
            done = deciding.redact_words(archive, number, place, words, **under)
        elif term is not None:
            done = deciding.redact_term(archive, number, term, **under)
        elif kind is not None:
            done = deciding.redact_kind(archive, number, kind, own=own, **under)
        elif media is not None:
            done = deciding.withhold_media(archive, number, place, media - 1, **under)
        else:
            done = deciding.redact_person(archive, number, place, **under)
    _print(done)


# --------------------------------------------------------------------------- back and forth


def undo(
    number: Number, by: By,
    decision: Annotated[str | None, typer.Argument(metavar="[DECISION]", help="Its number. Default: the last.")] = None,
    _json: Json = False,
) -> None:  # fmt: skip
    """Take back a decision: archive foia history."""
    from social_archive.foia import review

    with opened(write=True) as archive:
        review.undo(archive, number, decision, by=by, via="cli")
        reviewed = review.review(archive, number)
    _print_state("Undone.", reviewed)


def redo(
    number: Number, by: By,
    decision: Annotated[str | None, typer.Argument(metavar="[DECISION]", help="Default: the last undone.")] = None,
    _json: Json = False,
) -> None:  # fmt: skip
    """Put a decision that was undone back in its place."""
    from social_archive.foia import review

    with opened(write=True) as archive:
        review.redo(archive, number, decision, by=by, via="cli")
        reviewed = review.review(archive, number)
    _print_state("Done again.", reviewed)


def confirm(
    number: Number, by: By,
    state: Annotated[str, typer.Option(help="The state that you looked at, as `archive foia review` prints it.")],
    _json: Json = False,
) -> None:  # fmt: skip
    """As a second person: exactly this may leave. Whatever is decided afterwards makes it unconfirmed."""
    from social_archive.foia import review

    with opened(write=True) as archive:
        reviewed = review.review(archive, number)
        whole = reviewed.plan if len(state) >= SHORT and reviewed.plan.startswith(state.lower()) else state
        event = review.confirm(archive, number, plan=whole, by=by, via="cli")
    if settings.as_json:
        output.print_json({**totals_json(reviewed), "confirmed_by": event.by, "entry": event.n})
        return
    _print_state(f"Confirmed by {event.by}, ledger entry {event.n}.", reviewed, confirmed=True)


# --------------------------------------------------------------------------- what was typed, what is said


def _places(hits: Sequence[str] | None, *, rest: bool) -> list[int] | None:
    """The numbers of hits; None for all that are undecided, which must be said."""
    if bool(hits) == rest:
        raise typer.BadParameter("name records by their numbers, or say --rest for all that are undecided",
                                 param_hint="HITS")  # fmt: skip
    return None if rest else _numbers(hits or ())


def _numbers(hits: Sequence[str]) -> list[int]:
    found: list[int] = []
    for part in " ".join(hits).replace(",", " ").split():
        span = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", part)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if last < first:
            raise typer.BadParameter(f"{part!r} is no number of a record; write 3 or 5-9", param_hint="HITS")
        found += range(first, last + 1)
    return found


def _said(done: Acted) -> Text:
    text = action_text(done.told, done.event.details.get("label", ""))
    return Text(text.plain[:1].upper()).append_text(text[1:])


def _print(done: Acted) -> None:
    if settings.as_json:
        output.print_json({"action": done.event.id, "told": dict(done.told), **totals_json(done.reviewed)})
        return
    _print_state(_said(done), done.reviewed)
    if done.told["action"] in ("kind", "term", "person") and done.reviewed.count("undecided"):
        hint = "What is taken out of all records decides none of them: release each when you have looked at it."
        output.console().print(Text(hint, style="dim"))


def _print_state(said: str | Text, reviewed: Reviewed, *, confirmed: bool = False) -> None:
    if settings.as_json:
        output.print_json(totals_json(reviewed))
        return
    out = output.console()
    out.print(said if isinstance(said, Text) else Text(said))
    print_totals(out, reviewed)
    print_next(out, reviewed, confirmed=confirmed)
