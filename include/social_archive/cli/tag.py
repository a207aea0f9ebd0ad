"""`archive tag`: mark records, so that a rule of the retention schedule can ask for the mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.default_command import WithDefault
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.archive import Archive

SHOWN = 5  # ids of one tag in the list; --json has all

group = typer.Typer(
    cls=WithDefault, rich_markup_mode=None,
    help="Tags on records: a rule of the retention schedule may name one. Each change is an entry of the ledger.",
    epilog="Examples:  archive tag 4f3a9c12ab34 --add local-history --by records --reason \"in the exhibition\"   ·   "
    "archive tag 4f3a9c12ab34 --remove local-history --by records --reason \"tagged by mistake\"   ·   "
    "archive tag list",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="tag")


@group.callback()
def _tag(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


@group.command("set", epilog="Example:  archive tag 4f3a9c12ab34 --add local-history --by records --reason TEXT")
def change(
    references: Annotated[
        list[str], typer.Argument(metavar="RID…", help="Record ids (8 characters do), permalinks or platform's ids.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="USER", help="Who decides: a user of agency.yaml `people`.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why. It stays in the ledger: name nobody of the public.")
    ],
    add: Annotated[str | None, typer.Option("--add", metavar="TAG", help="Put this tag on the records.")] = None,
    remove: Annotated[str | None, typer.Option("--remove", metavar="TAG", help="Take it off.")] = None,
    _json: Json = False,
) -> None:
    """Put a tag on records, or take it off. A rule that names it takes effect when the archive is next settled."""
    from social_archive.retention import tags

    if (add is None) == (remove is None):
        raise typer.BadParameter("give either --add TAG or --remove TAG")
    with opened(write=True) as archive:
        rids = _resolved(archive, references)
        name = add or remove or ""
        done = (tags.add if add is not None else tags.remove)(archive, rids, name, by=by, reason=reason)
        rules = [i + 1 for i, rule in enumerate(archive.schedule.retention.rules) if rule.tag == name]
    if settings.as_json:
        output.print_json({"tag": name, "on": add is not None, "entry": done.entry, "changed": list(done.changed),
                           "unchanged": sorted({*rids} - {*done.changed}), "rules": rules})  # fmt: skip
        return
    out = output.console()
    if done.entry is None:
        out.print(Text("Nothing to do: " + ("they have the tag already." if add else "none of them has the tag.")))
        return
    what = "tagged" if add is not None else "no longer tagged"
    out.print(Text(f"{output.plural(len(done.changed), 'record')} {what} {name}, ledger entry {done.entry}."))
    told = f"Rule {', '.join(map(str, rules))} of the schedule names it; `archive why RID` tells what follows." \
        if rules else "No rule of the schedule in force names it, so it changes nothing yet."  # fmt: skip
    out.print(Text(told, style="dim"))


def _resolved(archive: Archive, references: list[str]) -> list[str]:
    from contextlib import closing

    from social_archive.search import Search

    with output.working("Looking"), closing(Search.of(archive)) as search:
        return [search.resolve(reference) for reference in references]


@group.command("list", epilog="Example:  archive tag list --json")
def list_tags(_json: Json = False) -> None:
    """Which tags there are, on how many records, and which rule of the schedule in force asks for them."""
    from social_archive.retention import tags

    with opened() as archive:
        found = tags.listed(archive)
        rules = {rule.tag: i + 1 for i, rule in reversed(list(enumerate(archive.schedule.retention.rules)))}
    if settings.as_json:
        output.print_json({"tags": [{"tag": tag, "rule": rules.get(tag), "records": rids}
                                    for tag, rids in found.items()]})  # fmt: skip
        return
    out = output.console()
    if not found:
        out.print(Text("No record has a tag."))
        return
    made = output.table("tag", "records", "rule", "ids", right=["records"])
    for tag, rids in found.items():
        shown = " ".join(rid[:12] for rid in rids[:SHOWN]) + (" …" if len(rids) > SHOWN else "")
        made.add_row(tag, f"{len(rids):,}", f"rule {rules[tag]}" if tag in rules else "none", Text(shown, style="cyan"))
    out.print(made)
