"""`archive find`: search everything that was ever harvested."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.disposed import print_disposed
from social_archive.cli.settings import Json, follow, opened, settings
from social_archive.record import KINDS, STATES, micros

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.retention.answers import DisposedFolder
    from social_archive.search import Gap, Query, Results, Row

EPILOG = (
    'Examples:  archive find "summer reading"   ·   archive find parking --since 2026-03 --until 2026-05   ·   '
    "archive find --author @ana@example.social --state deleted   ·   archive find --count month --kind comment"
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(find)


def find(
    text: Annotated[
        list[str] | None, typer.Argument(help='Words that must all occur; "…" inside for a phrase.')
    ] = None,
    account: Annotated[str | None, typer.Option(help="NAME or PLATFORM/NAME as in accounts.yaml.")] = None,
    platform: Annotated[str | None, typer.Option(help="One platform.")] = None,
    author: Annotated[str | None, typer.Option(help="A handle, the platform's id, or part of a name.")] = None,
    since: Annotated[str | None, typer.Option(help="Posted on or after: 2026, 2026-03, 2026-03-01, or a time.")] = None,
    until: Annotated[str | None, typer.Option(help="Posted on or before; a day, month or year counts whole.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(KINDS)}; may be repeated.")] = None,
    state: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(STATES)}; may be repeated.")] = None,
    versions: Annotated[bool, typer.Option("--versions", help="Search every version, not only the latest.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Rows to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Rows to skip.")] = 0,
    count: Annotated[
        str | None,
        typer.Option(
            metavar="BY",
            help="Count instead of listing, by platform, account, kind, state, month, author (comma between).",
        ),
    ] = None,
    _json: Json = False,
) -> None:
    """Search posts, comments, replies and profiles. Newest first; gaps and disposals that overlap it are named."""
    from social_archive.search import Query, Search

    kinds, states = one_of(kind, KINDS, "--kind"), one_of(state, STATES, "--state")
    with opened(catch_up=False) as archive:
        zone = archive.agency.body.time_zone
        on, name = platform_and_name(account)
        query = Query(
            text=" ".join(text or []), account=name, platform=platform or on, author=author,
            since=moment(since, zone), until=moment(until, zone, end=True),
            kinds=kinds, states=states,
            all_versions=versions, limit=limit, offset=offset,
        )  # fmt: skip
        follow(archive)
        require_known(archive, query)
        with output.working("Searching"):
            search = Search.of(archive)
            if count is not None:
                groups = [part.strip() for part in count.split(",") if part.strip()]
                counted = search.counts(groups, query)
                overlapping, disposed = search.gaps(query), search.disposed(query)
            else:
                results = search.find(query)
    if count is not None:
        _print_counts(groups, counted, overlapping, disposed, zone)
    elif settings.as_json:
        output.print_json(_json_of(query, results))
    else:
        _print_results(query, results, zone)


# --------------------------------------------------------------------------- what was asked


def moment(text: str | None, zone: str, *, end: bool = False) -> int | None:
    """A date as people write it, on the agency's clock, in microseconds UTC. `end`: the first instant after it.

    Raises a usage error for what is not a date.
    """
    if text is None:
        return None
    try:
        at, after = _span(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write 2026, 2026-03 or 2026-03-01.") from None
    wanted = after if end else at
    return micros(wanted if wanted.tzinfo else wanted.replace(tzinfo=ZoneInfo(zone)))


def _span(text: str) -> tuple[datetime, datetime]:
    """[start, end) of a year, month, day or minute."""
    if re.fullmatch(r"\d{4}", text):
        return datetime(int(text), 1, 1), datetime(int(text) + 1, 1, 1)
    if found := re.fullmatch(r"(\d{4})-(\d{2})", text):
        year, month = int(found[1]), int(found[2])
        return datetime(year, month, 1), datetime(year + month // 12, month % 12 + 1, 1)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        start = datetime.combine(date.fromisoformat(text), datetime.min.time())
        return start, start + timedelta(days=1)
    exact = datetime.fromisoformat(text)
    return exact, exact + timedelta(microseconds=1)


def require_known(archive: Archive, query: Query) -> None:
    """A misspelt account would be answered with nothing, and nothing looks like an answer. Raises NotFound.

    Accounts that left accounts.yaml are still known as long as the archive has records of them.
    """
    from social_archive.errors import NotFound
    from social_archive.platforms import registry
    from social_archive.yaml_lines import suggestion

    held = [(platform, account) for platform, account, *_ in archive.catalog.totals()]
    known = {*held, *((account.platform, account.name) for account in archive.agency.accounts)}
    platforms = sorted({*registry(), *(platform for platform, _ in known)})
    if query.platform is not None and query.platform not in platforms:
        near = suggestion(query.platform, platforms)
        raise NotFound(f"There is no platform {query.platform!r}{near}.", remedy=f"There are {', '.join(platforms)}.")
    names = sorted({account for platform, account in known if query.platform in (None, platform)})
    if query.account is not None and query.account not in names:
        near = suggestion(query.account, names)
        raise NotFound(
            f"There is no account {query.account!r}{near}.", remedy=f"There are {', '.join(names) or 'none'}."
        )


def platform_and_name(given: str | None) -> tuple[str | None, str | None]:
    """(platform, name) of `--account`."""
    if given is None:
        return None, None
    on, _, name = given.rpartition("/")
    return on or None, name


def one_of(given: list[str] | None, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    from social_archive.yaml_lines import suggestion

    for value in given or []:
        if value not in known:
            raise typer.BadParameter(f"{option} {value!r}{suggestion(value, known)}; there are {', '.join(known)}.")
    return tuple(given or ())


# --------------------------------------------------------------------------- the answer


def _json_of(query: Query, results: Results) -> dict[str, Any]:
    return {
        "total": results.total,
        "offset": query.offset,
        "limit": query.limit,
        "rows": [output.row_json(row) for row in results.rows],
        "gaps": [gap_json(gap) for gap in results.gaps],
        "quarantined": results.quarantined,
        "disposed": [folder.to_dict() for folder in results.disposed],
    }


def gap_json(gap: Gap) -> dict[str, Any]:
    return {
        "rid": gap.rid, "platform": gap.platform, "account": gap.account, "reason": gap.reason,
        "from": output.iso(gap.start), "to": output.iso(gap.end), "closed": gap.closed,
    }  # fmt: skip


def _print_results(query: Query, results: Results, zone: str) -> None:
    from social_archive import wording

    out = output.console()
    patterns = [re.compile(_python(wording.pattern(term))) for term in wording.terms(query.text)]
    for row in results.rows:
        out.print(_heading(row, zone))
        out.print(Padding(_snippet(row, patterns, zone), (0, 0, 0, 2), expand=False))
        out.print()
    out.print(_summary(query, results))
    if query.kinds != ("gap",):
        print_gaps(out, results.gaps, zone)
        print_disposed(out, results.disposed)
    if results.quarantined:
        what = output.plural(results.quarantined, "item")
        out.print(Text(f"{what} in quarantine may belong here: archive quarantine list", style="yellow"))
    if results.rows:
        out.print(Text(f"In context: archive show {results.rows[0]['rid'][:12]}", style="dim"))


def _heading(row: Row, zone: str) -> Text:
    line = Text()
    line.append(row["rid"][:12], style="cyan")
    line.append(f"  {output.local(row['created_at'] or row['observed_at'], zone)}  ", style="bold")
    line.append(f"{row['platform']}/{row['account']}  {row['kind']}", style="dim")
    if row["state"] != "present":
        line.append("  ").append_text(output.state_text(row["state"]))
    if (many := row.get("versions", 1)) > 1:
        line.append(f"  {many} versions", style="yellow")
    elif "versions" not in row:
        line.append(f"  version {row['version']}", style="yellow")
    if row["media"]:
        line.append(f"  {output.plural(len(row['media']), 'attachment')}", style="dim")
    return line


def _snippet(row: Row, patterns: list[re.Pattern[str]], zone: str) -> Text:
    who = gap_words(row, zone) if row["kind"] == "gap" else author(row)
    body = output.safe(_around(row["body"] or "", patterns), limit=output.SNIPPET, one_line=True)
    if not body.plain:
        body = Text("(no text)", style="dim italic")
    for pattern in patterns:
        body.highlight_regex(pattern, style="bold underline")
    return Text.assemble(who, "\n", body)


def _around(body: str, patterns: list[re.Pattern[str]]) -> str:
    """The part of a long text in which the first term stands."""
    first = min((found.start() for p in patterns if (found := p.search(body))), default=0)
    if first < output.SNIPPET - 80:
        return body
    return "… " + body[first - 80 :]


def author(row: Row) -> Text:
    """Who said it. The agency's own words are marked."""
    name = row["author_name"] or row["author_handle"] or row["author_id"] or "unknown author"
    line = Text.assemble(output.safe(name, limit=80, one_line=True, style="bold"))
    if row["author_handle"]:
        handle = "@" + row["author_handle"].lstrip("@")
        line.append("  ").append_text(output.safe(handle, limit=120, one_line=True, style="dim"))
    if row["author_is_account"]:
        line.append("  this account", style="blue")
    return line


def _summary(query: Query, results: Results) -> Text:
    what = "version" if query.all_versions else "thing"
    if not results.total:
        return Text("Nothing matches.", style="bold")
    first, last = query.offset + 1, query.offset + len(results.rows)
    line = Text.assemble((output.plural(results.total, what), "bold"))
    if results.total > len(results.rows):
        shown = f"{first:,} to {last:,}" if results.rows else "none"
        line.append(f"  showing {shown}", style="dim")
        if last < results.total:
            line.append(f"; more with --offset {last}", style="dim")
    return line


def print_gaps(out: Console, gaps: list[Gap], zone: str) -> None:
    """The gaps that overlap an answer, those of one kind together: open ones first to the eye, closed ones quietly."""
    together: dict[tuple[bool, str, str, bool], list[Gap]] = {}
    for gap in gaps:
        key = (gap.closed, f"{gap.platform}/{gap.account}", gap.reason, gap.root_native_id is not None)
        together.setdefault(key, []).append(gap)
    if gaps:
        out.print(Text("The archive could not see everything here:", style="yellow"))
    for (closed, where, reason, of_thread), some in sorted(together.items()):
        line = Text(f"  {_span_of(some, zone)}  {where}  {reason.replace('_', ' ')}")
        if of_thread:
            line.append(f" in {output.plural(len(some), 'thread')}")
        elif len(some) > 1:
            line.append(f", {len(some)} times")
        line.append("; read again since, but what came and went is unknown" if closed else "")
        line.stylize("dim" if closed else "yellow")
        out.print(line)
    if gaps:
        out.print(Text("  Each of them: archive find --kind gap", style="dim"))


def _span_of(gaps: list[Gap], zone: str) -> str:
    starts = [gap.start for gap in gaps]
    ends = [gap.end for gap in gaps]
    first = "the beginning" if None in starts else output.day(min(s for s in starts if s is not None), zone)
    last = "now" if None in ends else output.day(max(e for e in ends if e is not None), zone)
    return f"{first} to {last}"


def gap_words(row: Row, zone: str) -> Text:
    """What a gap record says of itself."""
    start = "the beginning" if row["gap_from"] is None else output.local(row["gap_from"], zone)
    end = "now" if row["gap_to"] is None else output.local(row["gap_to"], zone)
    return Text(f"{(row['gap_reason'] or 'unknown').replace('_', ' ')}, {start} to {end}", style="bold")


def _print_counts(groups: list[str], counted: list[tuple[Any, ...]], gaps: list[Gap],
                  disposed: list[DisposedFolder], zone: str) -> None:  # fmt: skip
    total = sum(row[-1] for row in counted)
    if settings.as_json:
        rows = [dict(zip([*groups, "things"], row, strict=True)) for row in counted]
        output.print_json({"by": groups, "total": total, "rows": rows, "gaps": [gap_json(g) for g in gaps],
                           "disposed": [folder.to_dict() for folder in disposed]})  # fmt: skip
        return
    out = output.console()
    made = output.table(*groups, "things", right=["things"])
    for row in counted:
        made.add_row(*[output.safe(str(value), limit=80, one_line=True) for value in row[:-1]], f"{row[-1]:,}")
    out.print(made)
    out.print(Text(f"{total:,} in all", style="bold"))
    print_gaps(out, gaps, zone)
    print_disposed(out, disposed)


def _python(pattern: str) -> str:
    r"""RE2 writes code points as \x{…}, Python as the character (escaped)."""
    return re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: re.escape(chr(int(m[1], 16))), pattern)
