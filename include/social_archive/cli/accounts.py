"""`archive accounts`: which accounts are archived, what each needs, and whether it can be read."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, load_environment, settings

if TYPE_CHECKING:
    from social_archive.config import Account, Agency
    from social_archive.platforms import Platform, Problem

group = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None,
    help="The accounts that are archived. Without a command: list them.",
    epilog="Examples:  archive accounts   ·   archive accounts show youtube   ·   archive accounts test larkspur",
)  # fmt: skip

Name = Annotated[str, typer.Argument(help="NAME or PLATFORM/NAME as in accounts.yaml.")]


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="accounts")


@group.callback()
def _accounts(ctx: typer.Context, _json: Json = False) -> None:
    if ctx.invoked_subcommand is None:
        list_accounts()


@group.command("list", epilog="Example:  archive accounts list --json")
def list_accounts(_json: Json = False) -> None:
    """List the accounts of accounts.yaml. Reads only the agency's folder."""
    agency = _agency()
    if settings.as_json:
        output.print_json({"agency": agency.body.name, "accounts": [_account_json(a) for a in agency.accounts]})
        return
    out = output.console()
    out.print(Text(agency.body.name, style="bold"))
    if not agency.accounts:
        out.print(f"No accounts yet. Write them into {agency.folder / 'accounts.yaml'}.")
        return
    made = output.table("account", "handle", "harvest", "note")
    for account in agency.accounts:
        harvest = Text(account.schedule, style="green") if account.enabled else Text("waiting", style="yellow")
        made.add_row(f"{account.platform}/{account.name}", output.safe(account.handle or "—"), harvest,
                     output.safe(account.note, one_line=True, style="dim"))  # fmt: skip
    out.print(made)


@group.command(epilog="Example:  archive accounts show larkspur")
def show(name: Name, _json: Json = False) -> None:
    """What one account is, what its platform asks for, on what basis it is archived, and the platform's terms."""
    account = _find(_agency(), name)
    adapter = _adapter_class(account.platform)
    if settings.as_json:
        output.print_json({**_account_json(account), "needs": _needs_json(account, adapter)} | _terms(adapter))
        return
    out = output.console()
    out.print(Text(f"{account.platform}/{account.name}", style="bold"))
    out.print(output.facts([
        ("platform", adapter.title if adapter else f"{account.platform}: this version cannot harvest it yet"),
        ("handle", output.safe(account.handle or "to be entered")),
        ("harvest", _harvest_words(account)),
        ("note", output.safe(account.note)),
        ("legal basis", adapter.legal_basis if adapter else None),
        ("storage terms", adapter.storage_terms if adapter else None),
        ("permissions", _scope_words(adapter) if adapter else None),
        ("pace", _pace_words(adapter) if adapter else None),
    ]))  # fmt: skip
    if adapter:
        made = output.table("needs", "where", "given", "what it is")
        for need in _needs_json(account, adapter):
            given = (
                Text("yes", style="green") if need["given"] else Text("no", style="red" if need["required"] else "dim")
            )
            made.add_row(need["name"], need["where"], given, need["help"])
        out.print()
        out.print(made)


@group.command("test", epilog="Example:  archive accounts test larkspur")
def try_account(name: Name, _json: Json = False) -> None:
    """Ask the platform whether this account can be harvested now. Nothing is stored. Exit code 1 if it cannot."""
    from social_archive.archive import open_archive

    load_environment()
    archive = open_archive(write=False)
    account = archive.account(name)
    with output.working(f"Asking {account.platform}"):
        adapter = archive.adapter(account)
        problems = adapter.check()
        warnings = adapter.warnings()
    if settings.as_json:
        told = {"problems": [asdict(p) for p in problems], "warnings": [asdict(w) for w in warnings]}
        output.print_json({"account": f"{account.platform}/{account.name}", "ready": not problems, **told})
    else:
        _print_problems(account, problems, warnings)
    raise typer.Exit(1 if problems else 0)


@group.command(epilog="Example:  archive accounts estimate youtube")
def estimate(name: Name, _json: Json = False) -> None:
    """What the next harvest of an account costs in quota or money, where its platform counts. Asks nobody."""
    from social_archive.cli.settings import opened
    from social_archive.harvest import plan

    with opened() as archive:
        account = archive.account(name)
        found = plan.estimate(archive, account)
        scale = plan.scale_of(archive, account)
    if settings.as_json:
        output.print_json({"account": f"{account.platform}/{account.name}", "known": asdict(scale),
                           "estimate": asdict(found) if found else None})  # fmt: skip
        return
    out = output.console()
    out.print(Text(f"{account.platform}/{account.name}", style="bold"))
    if found is None:
        out.print("This platform counts requests only, and the archive keeps to its pace. There is nothing to plan.")
        return
    out.print(found.sentence)
    out.print(output.facts([
        ("requests", f"{found.requests:,}"), (found.unit, f"{found.units:,.0f}"),
        ("cost", f"${found.dollars:,.2f}" if found.dollars is not None else None),
        ("known so far", f"{scale.posts:,} posts, {scale.comments:,} comments; {scale.watched:,} posts are watched"),
    ]))  # fmt: skip


@group.command(epilog="Example:  archive accounts platforms")
def platforms(_json: Json = False) -> None:
    """Every platform that can be harvested: what it needs, on what basis it is archived, and the platform's terms."""
    from social_archive.platforms import registry

    known = registry()
    if settings.as_json:
        output.print_json({"platforms": [_platform_json(cls) for cls in known.values()]})
        return
    out = output.console()
    made = output.table("platform", "needs", "legal basis", "storage terms")
    for name, cls in known.items():
        needs = ", ".join(field.name for field in cls.credentials if field.secret) or "nothing"
        off = "\noff until its terms\nare accepted" if cls.terms_must_be_accepted else ""
        made.add_row(Text(name, style="bold").append(off), needs, cls.legal_basis, cls.storage_terms)
    out.print(made)


def _platform_json(cls: type[Platform]) -> dict[str, Any]:
    return {
        "name": cls.name, "title": cls.title, "adapter": f"{cls.name}/{cls.version}",
        "credentials": [{"name": f.name, "secret": f.secret, "required": f.required} for f in cls.credentials],
        "scopes": [asdict(scope) for scope in cls.scopes], "off_by_default": cls.terms_must_be_accepted,
        **_terms(cls),
    }  # fmt: skip


def _print_problems(account: Account, problems: list[Problem], warnings: list[Problem]) -> None:
    out = output.console()
    if not problems:
        name = f"{account.platform}/{account.name}"
        out.print(Text.assemble((f"{name} is ready", "green"), (f": archive harvest {name}", "dim")))
    for problem in problems:
        out.print(Text.assemble(("Problem  ", "bold red"), output.safe(problem.what)))
        out.print(Text.assemble(("To do    ", "bold"), output.safe(problem.remedy)))
    for warning in warnings:
        out.print(Text.assemble(("Soon     ", "bold yellow"), output.safe(warning.what)))
        out.print(Text.assemble(("To do    ", "bold"), output.safe(warning.remedy)))


# --------------------------------------------------------------------------- parts


def _agency() -> Agency:
    from social_archive.archive import default_agency
    from social_archive.config import load_agency

    load_environment()
    return load_agency(default_agency())


def _find(agency: Agency, name: str) -> Account:
    """An account without connecting to anything."""
    from social_archive.archive import Archive, default_state

    return Archive(agency, default_state(), write=False).account(name)


def _adapter_class(platform: str) -> type[Platform] | None:
    from social_archive.platforms import registry

    return registry().get(platform)


def _account_json(account: Account) -> dict[str, Any]:
    """An account as its file has it: secrets are references there, and only their names are repeated."""
    return {
        "name": account.name, "platform": account.platform, "handle": account.handle, "enabled": account.enabled,
        "schedule": account.schedule, "watch_days": account.watch_days, "note": account.note,
        "secrets": sorted(account.secrets),
    }  # fmt: skip


def _needs_json(account: Account, adapter: type[Platform] | None) -> list[dict[str, Any]]:
    needs = []
    for field in adapter.credentials if adapter else ():
        given = account.secrets if field.secret else account.settings
        needs.append({
            "name": field.name, "where": "secrets" if field.secret else "settings", "required": field.required,
            "given": field.name in given, "help": field.help, "example": field.example,
        })  # fmt: skip
    return needs


def _harvest_words(account: Account) -> str:
    if not account.enabled:
        return "waiting to be connected (enabled: false)"
    return f"{account.schedule}, comments watched for {account.watch_days} days"


def _pace_words(adapter: type[Platform]) -> str:
    return f"{adapter.pace.requests} requests in {adapter.pace.seconds} s, less if the platform says so"


def _scope_words(adapter: type[Platform]) -> str | None:
    return "\n".join(f"{scope.name}: {scope.why}" for scope in adapter.scopes) or None


def _terms(adapter: type[Platform] | None) -> dict[str, Any]:
    return {"harvestable": adapter is not None,
            "scopes": [scope.name for scope in adapter.scopes] if adapter else [],
            "legal_basis": adapter.legal_basis if adapter else None,
            "storage_terms": adapter.storage_terms if adapter else None}  # fmt: skip
