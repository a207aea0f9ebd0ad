"""How one hit of a request is shown to whoever decides: its words with what is taken out marked, and its thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.evidence import Mark, marked
from social_archive.cli.find import author
from social_archive.cli.settings import settings
from social_archive.cli.show import title

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.foia.dispositions import Cut, Item, Reviewed
    from social_archive.foia.exemptions import Exemptions
    from social_archive.foia.review import Action
    from social_archive.foia.suggestions import Place
    from social_archive.search import Row, Thread

STYLES: Final = {"undecided": "yellow", "released": "green", "redacted": "cyan", "withheld": "magenta",
                 "disposed": "dim"}  # fmt: skip
SNIPPET: Final = 110
THREAD: Final = 24
"""Lines of the thread around a hit."""
DEEPEST: Final = 10


# --------------------------------------------------------------------------- one record


def print_hit(archive: Archive, reviewed: Reviewed, place: int, actions: Sequence[Action]) -> None:
    from social_archive.foia import suggestions
    from social_archive.foia.exemptions import load_exemptions
    from social_archive.foia.request_file import RequestRefused
    from social_archive.foia.shown import copies
    from social_archive.search import Search

    if place > len(reviewed.items):
        raise RequestRefused(f"There is no record {place}: they are numbered from 1 to {len(reviewed.items):,}.",
                             remedy=f"See them: archive foia review {reviewed.number}")  # fmt: skip
    item = reviewed.items[place - 1]
    if item.outcome == "disposed":
        _print_disposed(item)
        return
    with closing(Search.of(archive)) as search:
        rows = [row for row in search.all_versions([item.hit.rid]) if row["version"] in item.hit.versions]
        thread = search.thread(item.hit.rid)
    found = suggestions.places(archive, {item.hit.rid: rows})
    if settings.as_json:
        output.print_json({**item_json(item, rows[-1]), "versions": [output.row_json(row) for row in rows],
                           "found": [one._asdict() for one in found]})  # fmt: skip
        return
    out, zone = output.console(), archive.agency.body.time_zone
    numbers = {action.id: action.number for action in actions}
    _print_heading(out, reviewed, item, rows[-1], zone)
    _print_versions(out, item, rows, zone)
    _print_attachments(out, item, rows[-1], copies(archive, rows[-1]["media"] or ()))
    _print_taken_out(out, item, numbers, load_exemptions(archive.agency))
    _print_seen(out, item, found)
    _print_around(out, reviewed, item, thread, zone)
    _print_choices(out, reviewed.number, item)


def _print_disposed(item: Item) -> None:
    if settings.as_json:
        output.print_json(item_json(item, None))
        return
    output.console().print(outcome_text(item))


def _print_heading(out: Console, reviewed: Reviewed, item: Item, row: Row, zone: str) -> None:
    heading = Text(f"Hit {item.hit.place} of {len(reviewed.items):,}  ", style="bold")
    out.print(heading.append(f"{item.control}  ", style="dim").append_text(outcome_text(item, whole=True)))
    out.print(title(row))
    out.print(Text.assemble(author(row), "  ", (output.local(row["created_at"] or row["observed_at"], zone), "dim")))
    if "author" in item.withheld_fields:
        out.print(Text(f"The author will not be shown ({item.withheld_fields['author']}).", style="cyan"))


def _print_versions(out: Console, item: Item, rows: Sequence[Row], zone: str) -> None:
    for row in rows:
        out.print()
        if len(rows) > 1:
            when = output.local(row["observed_at"], zone)
            out.print(Text(f"version {row['version']}, captured {when}, {row['state']}", style="dim"))
        text = row["body"]
        words = marked(text, _marks(item, row["version"], "body")) if text else Text("(no text)", style="dim")
        out.print(Padding(words, (0, 2), expand=False))


def _marks(item: Item, version: int, name: str) -> list[Mark]:
    numbers = _legend(item)
    return [Mark(cut.start, cut.end, numbers[cut.code, cut.action]) for cut in item.cuts
            if (cut.version, cut.field) == (version, name)]  # fmt: skip


def _legend(item: Item) -> dict[tuple[str, str], int]:
    return {key: n for n, key in enumerate(dict.fromkeys((cut.code, cut.action) for cut in item.cuts), 1)}


def _print_attachments(out: Console, item: Item, row: Row, files: Mapping[str, Path]) -> None:
    """`files`: where their copies are on this machine, for who has to look at one."""
    for number, media in enumerate(row["media"] or ()):
        line = Text(f"\nattachment {number + 1}", style="bold").append(
            f"  {media['mime'] or 'unknown type'}", style="dim"
        )
        if (code := item.media.get((row["version"], number))) is not None:
            line.append(f"  withheld, {code}", style="magenta")
        elif (row["version"], number) in item.media_seen:
            line.append("  no program can look into it; somebody did, and lets it go as it is", style="cyan")
        out.print(line)
        if (copy := files.get(media["key"] or "")) is not None:
            out.print(Text(f"  its file: {copy}", style="dim"), soft_wrap=True)
        if media["alt"]:
            out.print(
                Padding(marked(media["alt"], _marks(item, row["version"], f"alt:{number}")), (0, 2), expand=False)
            )


def _print_taken_out(out: Console, item: Item, numbers: Mapping[str, int], exemptions: Exemptions) -> None:
    legend = _legend(item)
    if legend or item.codes:
        out.print()
    for (code, action), n in legend.items():
        out.print(Text.assemble((f"({n}) ", "yellow"), (code, "bold"), f"  decision {numbers.get(action, '?')}"))
    for code in item.codes:
        listed = exemptions.get(code)
        named = f"{listed.title}, {listed.cited}" if listed else "not in the law's list"
        out.print(Text.assemble((code, "bold"), "  ", output.safe(named, style="dim")))
        if code in item.reasons:
            out.print(Padding(output.safe(item.reasons[code]), (0, 4), expand=False))


def _print_seen(out: Console, item: Item, found: Sequence[Place]) -> None:
    """What the detectors point at and is not taken out."""
    waiting = [one for one in found if not any(_covers(cut, one) for cut in item.cuts)
               and one.field not in item.withheld_fields]  # fmt: skip
    if not waiting:
        return
    out.print(Text("\nThe checks see, and nothing was taken out of it yet:", style="yellow"))
    for one in dict.fromkeys((one.kind, one.words) for one in waiting):
        out.print(Text(f"  {one[0]}  ").append_text(output.safe(one[1], limit=80, one_line=True, style="italic")))


def _covers(cut: Cut, one: Place) -> bool:
    return (cut.version, cut.field) == (one.version, one.field) and cut.start <= one.start and one.end <= cut.end


def _print_around(out: Console, reviewed: Reviewed, item: Item, thread: Thread, zone: str) -> None:
    """The thread, each line by the number of its hit; what was not found by the search stands there for context."""
    if thread.size < 2:
        return
    places = {one.hit.rid: one.hit.place for one in reviewed.items}
    lines = list(thread.walk())
    at = next((n for n, (_, node) in enumerate(lines) if node.item["rid"] == item.hit.rid), 0)
    first, last = max(0, at - THREAD // 2), at + THREAD // 2
    out.print(Text(f"\nIts thread, {output.plural(thread.size, 'item')}", style="bold"))
    _print_left_out(out, first)
    made = Table.grid(padding=(0, 1))
    for depth, node in lines[first:last]:
        place = places.get(node.item["rid"])
        line = Text(f"{output.local(_moment(node.item), zone)[:16]}  ", style="dim").append_text(words_of(node.item))
        made.add_row(Text("▶" if node.item["rid"] == item.hit.rid else " ", style="bold cyan"),
                     Text(f"hit {place}", style="cyan") if place else Text("no hit", style="dim"),
                     Padding(line, (0, 0, 0, 2 * min(depth, DEEPEST)), expand=False))  # fmt: skip
    out.print(made)
    _print_left_out(out, len(lines) - last)


def _print_left_out(out: Console, count: int) -> None:
    if count > 0:
        out.print(Text(f"  … {count:,} more …", style="dim"))


def _moment(row: Row) -> int:
    return int(row["created_at"] or row["observed_at"])


def _print_choices(out: Console, number: str, item: Item) -> None:
    place = item.hit.place
    what = "It is for you to decide:" if item.outcome == "undecided" else "A later decision replaces this one:"
    out.print(Text(f"\n{what}", style="bold"))
    for command in (f"archive foia release {number} {place} --by USER",
                    f"archive foia redact {number} --hit {place} --words TEXT --code CODE --by USER",
                    f"archive foia withhold {number} {place} --code CODE --basis TEXT --by USER"):  # fmt: skip
        out.print(Text(f"  {command}", style="dim"))


# --------------------------------------------------------------------------- in words


def words_of(row: Row) -> Text:
    who = row["author_handle"] or row["author_name"] or "unknown"
    line = output.safe(who, limit=30, one_line=True, style="bold")
    if row["author_is_account"]:
        line.append(" (this account)", style="blue")
    line.append("  ").append_text(output.safe(row["body"] or "(no text)", limit=SNIPPET, one_line=True))
    if row["media"]:
        line.append(f"  {output.plural(len(row['media']), 'attachment')}", style="dim")
    if row["state"] != "present":
        line.append("  ").append_text(output.state_text(row["state"]))
    return line


def outcome_text(item: Item, *, whole: bool = False) -> Text:
    """What became of a hit; `whole`: also what is taken out of it."""
    line = Text(item.outcome, style=STYLES[item.outcome])
    if item.outcome == "disposed":
        return line.append(f"  certificate {item.certificate or 'pending'}", style="dim")
    if item.codes:
        so_far = " so far" if item.outcome == "undecided" else ""
        line.append(f"  {', '.join(item.codes)}{so_far}", style="dim")
    if whole and (taken := _taken(item)):
        line.append(f"\nTaken out: {taken}", style="cyan")
    return line


_FIELDS: Final = {
    "author": "the author", "identity": "its ids and address", "links": "its links", "media": "names of its files",
    "native": "the platform's own data", "body_html": "its web form", "provenance": "where it was read",
    "state": "its marks", "context": "its counts", "times": "its times",
}  # fmt: skip


def _taken(item: Item) -> str:
    """What is taken out of a record, in words."""
    count = len({(cut.version, cut.field, cut.start, cut.end) for cut in item.cuts})
    attachments = len({number for _, number in item.media})
    return ", ".join([
        *([output.plural(count, "place")] if count else []),
        *([output.plural(attachments, "attachment")] if attachments else []),
        *(_FIELDS.get(name, name) for name in item.withheld_fields),
    ])  # fmt: skip


# --------------------------------------------------------------------------- JSON


def item_json(item: Item, row: Row | None) -> dict[str, Any]:
    return {
        "hit": item.hit.place, "control": item.control, "rid": item.hit.rid, "versions": list(item.hit.versions),
        "outcome": item.outcome, "codes": list(item.codes), "reasons": item.reasons,
        "cuts": [vars(cut) for cut in item.cuts], "withheld_fields": item.withheld_fields,
        "media": [{"version": version, "number": n, "code": code} for (version, n), code in item.media.items()],
        "media_seen": [{"version": version, "number": n} for version, n in sorted(item.media_seen)],
        "certificate": item.certificate, "text": row["body"] if row else None,
    }  # fmt: skip
