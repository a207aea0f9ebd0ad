"""`archive foia search`: what answers a request is looked for, and frozen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.find import author, moment
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from social_archive.foia.dispositions import FrozenSearch
    from social_archive.foia.searching import Found, Preview, Terms

EXAMPLES = (
    'Examples:  archive foia search 2026-014 --account larkspur --from 2026-03 --to 2026-05 --words "parking lot" '
    "--any garage --any deck --without museum --preview   ·   the same with --by records instead of --preview"
)


def register(group: typer.Typer) -> None:
    group.command(epilog=EXAMPLES)(search)


def search(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The request's number: archive foia list.")],
    account: Annotated[
        list[str] | None, typer.Option(help="NAME or PLATFORM/NAME as in accounts.yaml; may be repeated. Default: all.")
    ] = None,
    platform: Annotated[list[str] | None, typer.Option(help="Every account on one platform; may be repeated.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Posted on or after: 2026, 2026-03, 2026-03-01.")] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Posted up to this day; a month or year counts whole.")
    ] = None,
    words: Annotated[str | None, typer.Option(help='Words that must all stand there; "…" inside for a phrase.')] = None,
    any_of: Annotated[
        list[str] | None, typer.Option("--any", help="A word or phrase; of all that are given one must stand there.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A word or phrase; records with it are taken out, and counted.")
    ] = None,
    written_by: Annotated[str | None, typer.Option("--author", help="A handle, an id, or part of a name.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="post, comment, reply, …; may be repeated.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="present, hidden, deleted, …; may be repeated.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what it would find. Nothing is written.")
    ] = False,
    by: Annotated[str | None, typer.Option(metavar="USER", help="Who searches; needed to freeze it.")] = None,
    _json: Json = False,
) -> None:
    """Look for the records that answer a request, and freeze what was found.

    Every version of every record is searched, also of hidden and removed ones. What is found is held: nothing of it can
    be disposed of while the request is open. Freeze it again to search for something else; what was decided stays.
    """
    from social_archive.foia import request_file, searching

    if not preview and by is None:
        raise typer.BadParameter("say who searches (--by USER), or only look (--preview)", param_hint="--by")
    with opened(write=not preview) as archive:
        zone = archive.agency.body.time_zone
        file = request_file.read(archive, number)
        asked, phrases = _words(words)
        terms = searching.Terms(
            accounts=tuple(account or ()), platforms=tuple(platform or ()), since=_first(since, zone),
            until=_last(until, zone), all=asked, any=tuple(any_of or ()), phrases=phrases, none=tuple(without or ()),
            author=written_by, kinds=tuple(kind or ()), states=tuple(state or ()),
        )  # fmt: skip
        with output.working("Searching"):
            seen = searching.preview(archive, terms)
        if preview or by is None:
            _print_preview(seen, terms, file.number, zone)
            return
        with output.working("Holding what was found, and stating what was covered"):
            frozen = searching.freeze(archive, file.number, terms, by=by, via="cli")
        statements = request_file.read(archive, file.id).all("coverage")[-1].told["statements"]
    _print_frozen(frozen, file.number, statements, zone)


def _words(text: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(single words, "quoted phrases") of what was typed."""
    import re

    parts = re.findall(r'["\u201c]([^"\u201d]+)["\u201d]|(\S+)', text or "")
    return tuple(word for _, word in parts if word), tuple(phrase for phrase, _ in parts if phrase)


def _first(text: str | None, zone: str) -> str | None:
    return _day(moment(text, zone), zone)


def _last(text: str | None, zone: str) -> str | None:
    after = moment(text, zone, end=True)
    return None if after is None else _day(after - 1, zone)


def _day(at: int | None, zone: str) -> str | None:
    if at is None:
        return None
    utc = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at)
    return utc.astimezone(ZoneInfo(zone)).date().isoformat()


# --------------------------------------------------------------------------- printing


def _print_preview(seen: Preview, terms: Terms, number: str, zone: str) -> None:
    if settings.as_json:
        first = [output.row_json(row) for row in seen.first]
        output.print_json({**_found_json(seen.found), "terms": terms.to_dict(), "sentence": terms.sentence(),
                           "accounts": dict(seen.counts), "first": first})  # fmt: skip
        return
    out = output.console()
    out.print(output.safe(terms.sentence(), style="italic"))
    _print_found(out, seen.found)
    made = output.table("account", "hits", right=["hits"])
    for account, count in seen.counts:
        made.add_row(account, f"{count:,}")
    if len(seen.counts) > 1:
        out.print(made)
    for row in seen.first:
        out.print(
            Text.assemble((output.local(row["created_at"] or row["observed_at"], zone), "bold"), "  ", author(row))
        )
        text = output.safe(row["body"], limit=output.SNIPPET, one_line=True) if row["body"] else Text("(no text)")
        out.print(Padding(text, (0, 0, 0, 2), expand=False))
    if (more := len(seen.found.hits) - len(seen.first)) > 0:
        out.print(Text(f"and {more:,} more", style="dim"))
    _print_around(out, seen.found.gaps, seen.found.disposed, seen.found.quarantined)
    out.print(Text("\nNothing was written. To freeze it, give --by USER instead of --preview.", style="dim"))


def _print_frozen(frozen: FrozenSearch, number: str, statements: int, zone: str) -> None:
    from social_archive.foia.searching import Terms

    sentence = Terms.from_dict(frozen.terms).sentence()
    if settings.as_json:
        output.print_json({**_found_json(frozen), "terms": frozen.terms, "sentence": sentence, "event": frozen.event,
                           "entry": frozen.n, "hold": frozen.hold, "statements": statements})  # fmt: skip
        return
    out = output.console()
    out.print(output.safe(sentence, style="italic"))
    _print_found(out, frozen)
    _print_around(out, frozen.gaps, frozen.disposed, frozen.quarantined)
    held = f"held by hold {frozen.hold[:12]}; " if frozen.hold else ""
    out.print(Text(f"Frozen in ledger entry {frozen.n}; {held}"
                   f"{output.plural(statements, 'coverage statement')} made.", style="green"))  # fmt: skip
    out.print(Text(f"\nNow decide about them: archive foia review {number}", style="dim"))


def _print_found(out: Console, found: Found | FrozenSearch) -> None:
    said = Text(f"{output.plural(len(found.hits), 'record')} found", style="bold")
    said.append(f"  of {found.searched:,} that were looked at", style="dim")
    if found.excluded:
        said.append(f"; {found.excluded:,} more were taken out by --without", style="yellow")
    out.print(said)


def _print_around(
    out: Console, gaps: Sequence[dict[str, Any]], disposed: Sequence[dict[str, Any]], quarantined: int
) -> None:
    if gaps:
        out.print(Text("The archive could not see everything in that time; the answer has to say so:", style="yellow"))
    for gap in gaps[:10]:
        span = f"{(gap['from'] or '')[:10] or 'the beginning'} to {(gap['to'] or 'now')[:10]}"
        again = ", read again since" if gap["closed"] else ""
        out.print(Text(f"  {span}  {gap['platform']}/{gap['account']}  {gap['reason'].replace('_', ' ')}{again}"))
    if len(gaps) > 10:
        out.print(Text(f"  and {len(gaps) - 10:,} more", style="dim"))
    if disposed:
        records = sum(folder["records"] for folder in disposed)
        out.print(Text(f"Of that time {records:,} records were disposed of on schedule. Their words are gone, so "
                       "nobody can say whether they would have been found.", style="yellow"))  # fmt: skip
    if quarantined:
        what = output.plural(quarantined, "item")
        out.print(Text(f"{what} in quarantine may belong here: archive quarantine list", style="yellow"))


def _found_json(found: Found | FrozenSearch) -> dict[str, Any]:
    return {
        "hits": len(found.hits), "searched": found.searched, "excluded": found.excluded, "position": found.position,
        "quarantined": found.quarantined, "gaps": list(found.gaps), "disposed": list(found.disposed),
    }  # fmt: skip
