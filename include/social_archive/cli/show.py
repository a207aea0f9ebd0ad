"""`archive show`: one record with its thread, its versions, its media and where it came from."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from social_archive.cli import output
from social_archive.cli.disposed import print_stub
from social_archive.cli.find import author, gap_json, gap_words, print_gaps
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.search import Node, Row, Search, Thread

BODY = 4_000
THREAD = 200
DEEPEST = 30  # replies below this are drawn at this level: a terminal has no room for more


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  archive show 4f3a9c12ab34   ·   archive show https://example.social/@library/113")(
        show
    )


def show(
    reference: Annotated[
        str, typer.Argument(metavar="RID", help="A record id (8 characters do), a permalink, or the platform's id.")
    ],
    native: Annotated[bool, typer.Option("--native", help="Also the bytes exactly as the platform sent them.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="Do not cut long texts and threads.")] = False,
    _json: Json = False,
) -> None:
    """Show one record in its thread: versions compared, media, provenance, and the gaps around it."""
    from social_archive.errors import NotFound
    from social_archive.search import Search

    with opened() as archive:
        with output.working("Looking"):
            search = Search.of(archive)
            try:
                rid = search.resolve(reference)
            except NotFound:
                if _show_disposed(archive, reference):
                    return
                raise
            thread = search.thread(rid)
            versions = search.versions(rid, native=native)
        places = {version: (n, leaf) for version, n, leaf, _ in archive.catalog.where(rid)}
        if settings.as_json:
            output.print_json(_json_of(search.thing(rid), versions, thread, places))
            return
        _print(output.console(), archive, search, rid, versions, thread, places, whole)


def _show_disposed(archive: Archive, reference: str) -> bool:
    """What is left to say of a record that was destroyed; False if none was with this id."""
    from social_archive.retention.answers import disposed

    answer = disposed(archive, reference)
    if answer is None:
        return False
    if settings.as_json:
        output.print_json({"disposed": answer.stub() | {"certificate": answer.certificate}})
    else:
        print_stub(output.console(), answer)
    return True


def _json_of(item: Row, versions: list[Row], thread: Thread, places: dict[int, tuple[int, int]]) -> dict[str, Any]:
    return {
        "record": output.row_json(item),
        "versions": [
            {**output.row_json(v), "entry": places.get(v["version"], (None, None))[0],
             "leaf": places.get(v["version"], (None, None))[1]}
            for v in versions
        ],
        "thread": [
            {"depth": depth, "orphan": node.orphan, "versions": len(node.versions), **output.row_json(node.item)}
            for depth, node in thread.walk()
        ],
        "gaps": [gap_json(gap) for gap in thread.gaps],
    }  # fmt: skip


def _print(out: Console, archive: Archive, search: Search, rid: str, versions: list[Row], thread: Thread,
           places: dict[int, tuple[int, int]], whole: bool) -> None:  # fmt: skip
    zone = archive.agency.body.time_zone
    item = search.thing(rid)
    limit = None if whole else BODY
    out.print(title(item))
    out.print(gap_words(item, zone) if item["kind"] == "gap" else author(item))
    out.print()
    out.print(
        Padding(output.safe(item["body"], limit=limit) if item["body"] else Text("(no text)", style="dim"), (0, 2))
    )
    if item["body_version"] != item["version"]:
        out.print(Padding(Text(f"The text is from version {item['body_version']}, the last in which there was any.",
                               style="dim italic"), (0, 2), expand=False))  # fmt: skip
    out.print()
    out.print(output.facts(_facts(item, versions, archive, zone)))
    _print_media(out, item)
    _print_versions(out, versions, places, zone, limit)
    out.print(Text("\nProvenance", style="bold"))
    out.print(output.facts(_provenance(versions[-1], zone)))
    _print_native(out, versions, limit)
    if thread.size > 1:
        print_thread(out, thread, zone, None if whole else THREAD)
    print_gaps(out, thread.gaps, zone)
    more = f"\nWhy it is kept: archive why {rid[:12]}   Proof: archive prove {rid[:12]} -o proof.json"
    out.print(Text(more, style="dim"))


def title(item: Row) -> Text:
    what = f"{item['kind'].capitalize()} on {item['platform']}/{item['account']}  "
    return Text.assemble((what, "bold"), output.state_text(item["state"]))


def _facts(item: Row, versions: list[Row], archive: Archive, zone: str) -> list[tuple[str, Text | str | None]]:
    return [
        ("posted", output.local(item["created_at"], zone, seconds=True) if item["created_at"] else None),
        ("edited", output.local(item["edited_at"], zone, seconds=True) if item["edited_at"] else None),
        ("first captured", output.local(versions[0]["observed_at"], zone, seconds=True)),
        (
            "last change seen",
            output.local(versions[-1]["observed_at"], zone, seconds=True) if len(versions) > 1 else None,
        ),
        ("address", output.safe(item["permalink"], one_line=True) if item["permalink"] else None),
        ("record id", item["rid"]),
        ("platform's id", output.safe(item["native_id"], one_line=True)),
        ("links", output.safe("\n".join(item["links"])) if item["links"] else None),
        ("marked", ", ".join(item["flags"]) if item["flags"] else None),
        ("counts", _counts(item)),
        ("kept until", _kept_until(archive, item, zone)),
    ]


def _kept_until(archive: Archive, item: Row, zone: str) -> str:
    """By the schedule in force; `archive why` tells the rest."""
    schedule = archive.schedule
    scheduled = schedule.item_of(item["series"])
    if scheduled is None:
        return f"not scheduled for disposal\nseries {item['series']}, which is not in the schedule in force"
    until = schedule.until(item["series"], item["cutoff"])
    if until is not None:
        when = output.local(until, zone)[:10]
    else:
        when = "permanent" if scheduled.permanent else "not scheduled for disposal"
    return f"{when}\n{scheduled.title}\n{scheduled.citation}"


def _counts(item: Row) -> str | None:
    counted = [output.plural(item[name], one, many) for name, one, many in
               (("likes", "like", "likes"), ("replies", "reply", "replies"), ("shares", "share", "shares"))
               if item[name] is not None]  # fmt: skip
    return ", ".join(counted) + " when last captured" if counted else None


def _provenance(version: Row, zone: str) -> list[tuple[str, Text | str | None]]:
    return [
        ("read from", output.safe(version["endpoint"], one_line=True) if version["endpoint"] else None),
        ("at", output.local(version["observed_at"], zone, seconds=True)),
        ("server's date", output.safe(version["http_date"], one_line=True) if version["http_date"] else None),
        ("response", f"sha256 {version['response_sha256']}" if version["response_sha256"] else None),
        ("harvest", version["harvest_id"]),
        ("adapter", f"{version['adapter']}, schema {version['schema']}"),
        ("commitment", version["commitment"]),
    ]


def _print_media(out: Console, item: Row) -> None:
    if not item["media"]:
        return
    out.print(Text("\nMedia", style="bold"))
    made = output.table("outcome", "type", "bytes", "sha256", "description", right=["bytes"])
    for media in item["media"]:
        size = f"{media['bytes']:,}" if media["bytes"] is not None else ""
        made.add_row(media["outcome"], output.safe(media["mime"]), size, (media["sha256"] or "")[:16],
                     output.safe(media["alt"], limit=160, one_line=True))  # fmt: skip
    out.print(made)


# --------------------------------------------------------------------------- versions


def _print_versions(
    out: Console, versions: list[Row], places: dict[int, tuple[int, int]], zone: str, limit: int | None
) -> None:
    if len(versions) < 2:
        entry, leaf = places.get(versions[-1]["version"], (None, None))
        if entry is not None:
            out.print(output.facts([("ledger", f"entry {entry}, leaf {leaf}")]))
        return
    out.print(Text(f"\n{len(versions)} versions", style="bold"))
    before: Row | None = None
    for version in versions:
        entry, leaf = places.get(version["version"], (None, None))
        line = Text(f"{version['version']}  captured {output.local(version['observed_at'], zone, seconds=True)}  ")
        line.append_text(output.state_text(version["state"]))
        line.append(f"  entry {entry}, leaf {leaf}" if entry is not None else "", style="dim")
        out.print(line)
        if version["body"] is not None:
            before_body = before["body"] if before else None
            text = (
                output.safe(version["body"], limit=limit)
                if before_body is None
                else difference(before_body, version["body"])
            )
            out.print(Padding(text, (0, 3), expand=False))
            before = version


def difference(old: str, new: str) -> Text:
    """What changed from one text to the next, word by word: [-gone-] and {+new+}, coloured where there is colour."""
    a, b = re.findall(r"\s+|\w+|[^\w\s]", old)[:4_000], re.findall(r"\s+|\w+|[^\w\s]", new)[:4_000]
    out = Text()
    if a == b:
        return output.safe(new, limit=BODY).append("  (same text)", style="dim")
    for what, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if what == "equal":
            out.append_text(output.safe("".join(a[i:j])))
            continue
        if i < j:
            gone = output.safe("".join(a[i:j]), style="red strike")
            out.append_text(Text.assemble(("[-", "red dim"), gone, ("-]", "red dim")))
        if k < m:
            come = output.safe("".join(b[k:m]), style="green")
            out.append_text(Text.assemble(("{+", "green dim"), come, ("+}", "green dim")))
    return out


def _print_native(out: Console, versions: list[Row], limit: int | None) -> None:
    for version in versions:
        if "native" in version:
            out.print(Text(f"\nAs received, version {version['version']}", style="bold"))
            out.print(
                Padding(output.safe(version["native"].decode("utf-8", "replace"), limit=limit), (0, 2), expand=False)
            )


# --------------------------------------------------------------------------- the thread


def print_thread(out: Console, thread: Thread, zone: str, limit: int | None) -> None:
    out.print(Text(f"\nThread, {output.plural(thread.size, 'item')}", style="bold"))
    shown = 0
    branches: list[Tree] = []
    tops: list[Tree] = []
    for depth, node in thread.walk():
        if limit is not None and shown >= limit:
            break
        shown += 1
        label = _label(node, zone, asked=node.item["rid"] == thread.asked)
        level = min(depth, DEEPEST)
        branch = branches[level - 1].add(label) if level else Tree(label, guide_style="dim")
        if not level:
            tops.append(branch)
        branches[level:] = [branch]
    for tree in tops:
        out.print(tree)
    if shown < thread.size:
        out.print(Text(f"… and {thread.size - shown:,} more: --all shows them", style="dim"))


def _label(node: Node, zone: str, *, asked: bool) -> Text:
    item = node.item
    line = Text.assemble(("▶ " if asked else "", "bold cyan"))
    line.append(output.local(item["created_at"] or item["observed_at"], zone)[:16] + "  ", style="dim")
    line.append_text(
        output.safe(item["author_handle"] or item["author_name"] or "unknown", limit=40, one_line=True, style="bold")
    )
    if item["author_is_account"]:
        line.append("  this account", style="blue")
    if item["state"] != "present":
        line.append("  ").append_text(output.state_text(item["state"]))
    if len(node.versions) > 1:
        line.append(f"  {len(node.versions)} versions", style="yellow")
    if node.orphan:
        line.append("  answers something that is not in the archive", style="yellow")
    line.append(f"  {item['rid'][:12]}\n", style="cyan dim")
    return line.append_text(
        output.safe(item["body"], limit=160, one_line=True) if item["body"] else Text("(no text)", style="dim")
    )
