"""`archive notice`: does each account tell the public that what is posted there can be disclosed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.policy.notice.checks import Checked

_STYLES = {"in_profile": "green", "by_link": "green", "partial": "yellow", "absent": "red", "unreadable": "magenta"}
_WORDS = {"in_profile": "in profile", "by_link": "by link"}
_WHERE = {"profile": "profile", "pinned": "pinned post", "page": "linked page"}

group = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True,
    help="The notice that profiles owe the public: what is posted, or submitted for posting, can be disclosed.",
    epilog="Examples:  archive notice check   ·   archive notice list   ·   archive notice show mastodon/larkspur",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="notice")


@group.callback()
def _notice(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


# --------------------------------------------------------------------------- checking


@group.command("check", epilog="Examples:  archive notice check   ·   archive notice check mastodon/larkspur")
def check_(
    account: Annotated[
        str | None, typer.Argument(help="NAME or PLATFORM/NAME; none given: every enabled account.")
    ] = None,
    _json: Json = False,
) -> None:
    """Look at profiles as the archive has them, and at the pages that they link to. Keeps what was seen."""
    from social_archive.policy.notice import checks as notice_checks

    with opened(write=True) as archive:
        accounts = [archive.account(account)] if account else archive.agency.enabled_accounts()
        get = notice_checks.once()
        done = []
        with output.counting("Looking") as tell:
            for number, one in enumerate(accounts):
                tell(number, len(accounts))
                done.append(notice_checks.check(archive, one, get=get))
    if settings.as_json:
        output.print_json({"accounts": [_checked_json(one) for one in done]})
        return
    out = output.console()
    made = output.table("account", "notice", "where", "missing", "")
    for checked in done:
        verdict = checked.verdict
        where = _WHERE[verdict.place.where] if verdict.place else ""
        made.add_row(f"{checked.platform}/{checked.account}", _result(verdict.result), where,
                     ", ".join(verdict.missing), _news(checked))  # fmt: skip
    out.print(made)
    out.print(Text("What each place says, word for word: archive notice show ACCOUNT", style="dim"))


def _result(result: str) -> Text:
    return Text(_WORDS.get(result, result), style=_STYLES.get(result, ""))


def _news(one: Checked) -> Text:
    from social_archive.policy.notice.verdict import RANK

    if one.was is not None and RANK[one.verdict.result] < RANK[one.was]:
        return Text(f"worse: was {_WORDS.get(one.was, one.was)}", style="bold red")
    return Text("new" if one.changed else "as before", style="dim")


def _checked_json(one: Checked) -> dict[str, Any]:
    from social_archive.policy.notice.verdict import RANK

    return {
        "account": f"{one.platform}/{one.account}", "result": one.verdict.result, "missing": list(one.verdict.missing),
        "where": one.verdict.place.where if one.verdict.place else None, "quote": one.verdict.quote, "was": one.was,
        "worse": one.was is not None and RANK[one.verdict.result] < RANK[one.was], "changed": one.changed,
        "entry": one.entry,
    }  # fmt: skip


# --------------------------------------------------------------------------- reading


@group.command("list", epilog="Example:  archive notice list --json")
def list_(_json: Json = False) -> None:
    """The last result of every account, when it was checked, and which tell the public less than before."""
    from social_archive.policy.notice.checks import histories, regression

    with opened() as archive:
        zone = archive.agency.body.time_zone
        checked, rows = histories(archive), []
        for account in archive.agency.enabled_accounts():
            notes = checked.get((account.platform, account.name), [])
            lost = regression(notes)
            last = notes[-1] if notes else None
            rows.append({
                "account": f"{account.platform}/{account.name}", "result": last["result"] if last else None,
                "missing": last["missing"] if last else [], "checked": last["time"] if last else None,
                "was": lost.was if lost else None, "worse_since": lost.since.isoformat() if lost else None,
            })  # fmt: skip
    if settings.as_json:
        output.print_json({"accounts": rows})
        return
    out = output.console()
    made = output.table("account", "notice", "missing", "last checked", "")
    for row in rows:
        worse = f"worse since {row['worse_since'][:10]}: was {_WORDS.get(row['was'], row['was'])}" if row["was"] else ""
        made.add_row(row["account"], _result(row["result"] or "never checked"), ", ".join(row["missing"]),
                     _local(row["checked"], zone), Text(worse, style="bold red"))  # fmt: skip
    out.print(made)


@group.command(epilog="Example:  archive notice show mastodon/larkspur")
def show(
    account: Annotated[str, typer.Argument(help="NAME or PLATFORM/NAME as in accounts.yaml.")], _json: Json = False
) -> None:
    """What every place said at the last check that saw something new, and what is missing."""
    from social_archive.policy.notice.checks import SAYS, history, requirement_of, told
    from social_archive.policy.notice.wording import MEANING

    with opened() as archive:
        chosen = archive.account(account)
        kept = told(archive, chosen.platform, chosen.name)
        last = history(archive, chosen.platform, chosen.name)[-1]
        zone = archive.agency.body.time_zone
        policy = archive.agency.policy
        requirement_of(archive)
    if settings.as_json:
        output.print_json({**kept, "last_checked": last["time"]})
        return
    out = output.console()
    out.print(Text.assemble((f"{chosen.platform}/{chosen.name}  ", "bold"), f"The notice {SAYS[kept['result']]}."))
    missing = "; ".join(MEANING[part] for part in kept["missing"])
    out.print(output.facts([("missing", missing), ("first seen so", _local(kept["checked_at"], zone)),
                            ("last checked", _local(last["time"], zone))]))  # fmt: skip
    for place in kept["places"]:
        out.print(Text(f"\n{_WHERE[place['where']]}", style="bold"))
        out.print(output.facts(_place_facts(place, zone)))
        quote = (place["reading"] or {}).get("quote")
        if quote:
            out.print(Padding(output.safe(quote, limit=2_000), (0, 2)))
    suggested = next((notice.suggested for notice in policy.notices if notice.suggested), None) if policy else None
    if kept["result"] in ("partial", "absent") and suggested:
        out.print(Text("\nWording that your policy suggests", style="bold"))
        out.print(Padding(output.safe(suggested), (0, 2)))


def _place_facts(place: dict[str, Any], zone: str) -> list[tuple[str, Text | str | None]]:
    reading = place["reading"]
    page = place["page"] or {}
    said = None
    if reading is not None:
        said = "nothing" if not reading["quote"] else "a part" if reading["missing"] else "all of it"
    return [
        ("says", said), ("could not be read", output.safe(place["problem"]) if place["problem"] else None),
        ("address", output.safe(place["address"])), ("record", place["rid"] or None),
        ("taken", output.local(place["captured_at"], zone) if place["captured_at"] else None),
        ("kept as", page.get("key")), ("sha256", page.get("sha256")),
    ]  # fmt: skip


def _local(moment: str | None, zone: str) -> str:
    from datetime import datetime

    from social_archive.record import micros

    return output.local(micros(datetime.fromisoformat(moment)), zone) if moment else ""
