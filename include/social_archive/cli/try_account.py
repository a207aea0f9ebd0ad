"""`archive try`: a real public account, without credentials and without an agency's files, to see what comes of it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, settings
from social_archive.errors import ArchiveError, ConfigError

if TYPE_CHECKING:
    from social_archive.platforms import Platform

NAME = "tried"
EPILOG = "Examples:  archive try bluesky library.example   ·   archive try mastodon library@social.example"


def register(app: typer.Typer) -> None:
    app.command("try", epilog=EPILOG)(try_account)


def try_account(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="bluesky, mastodon, …")],
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="The account; on Mastodon with its server.")],
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the platform.")
    ] = None,
    _json: Json = False,
) -> None:
    """Harvest one public account into an archive of its own in the embedded store. Leaves the agency's files alone."""
    from social_archive.archive import default_state
    from social_archive.cli.harvest import harvest
    from social_archive.platforms import platform as adapter_of

    cls = adapter_of(platform)
    state = default_state()
    slug = _slug(f"{platform}-{handle}")
    folder = _write_agency(state / "try" / slug, slug, cls, handle, _settings(given or []))
    _start_store(folder, state)
    os.environ["ARCHIVE_AGENCY"] = str(folder)
    try:
        harvest([NAME])
    finally:
        if not settings.as_json:
            _print_next(folder)


# --------------------------------------------------------------------------- an agency of one account


def _write_agency(folder: Path, slug: str, cls: type[Platform], handle: str, given: dict[str, Any]) -> Path:
    """The files of an agency that has this account and nothing else. A second try finds the same archive again."""
    from social_archive.note import Signer
    from social_archive.platforms import Target

    for field in cls.credentials:
        if field.required and field.secret:
            raise ConfigError(
                f"{cls.title} shows nothing without credentials.",
                remedy=f"Add the account to accounts.yaml with its {field.title.lower()}; docs/it.md says how.",
            )
        if field.required and field.name not in given:
            given[field.name] = cls.base_url(Target(NAME, handle, given))
    origin = f"try.invalid/{slug}"
    files = {
        "agency.yaml": {
            "agency": {"name": f"Trial of {handle}", "slug": "try", "jurisdiction": "none", "time_zone": "UTC"},
            "store": {"bucket": slug, "endpoint_url": "env:ARCHIVE_S3_ENDPOINT"},
            "ledger": {"origin": origin, "signing_key": f"file:{folder / 'ledger.key'}"},
        },
        "accounts.yaml": {"accounts": [
            {"name": NAME, "platform": cls.name, "handle": handle, "settings": given},
        ]},
        "retention.yaml": {"retention": {
            "version": "1", "effective": "2026-01-01", "rules": [{"item": "trial"}],
            "items": [{"id": "trial", "series": "trial", "title": "A trial", "citation": "none"}],
        }},
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False).replace("'2026-01-01'", "2026-01-01")
        (folder / name).write_text(text, encoding="utf-8")
    if not (folder / "ledger.key").exists():
        Signer.generate(origin).save(folder / "ledger.key")
    return folder


def _slug(text: str) -> str:
    """A bucket's name with room for `-staging`: letters, digits, hyphens, at most 50 characters."""
    return "try-" + re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:46].strip("-")


def _settings(given: list[str]) -> dict[str, Any]:
    pairs = [setting.partition("=") for setting in given]
    if not all(name and equals for name, equals, _ in pairs):
        raise typer.BadParameter("--set is written NAME=VALUE.")
    return {name: yaml.safe_load(value) for name, _, value in pairs}


# --------------------------------------------------------------------------- the store, and what comes next


def _start_store(folder: Path, state: Path) -> None:
    """The embedded store, up and with this agency's buckets. Never another store: a trial has no place in it."""
    from social_archive.config import load_agency
    from social_archive.stack import environment, seaweed
    from social_archive.store import ensure_buckets

    agency = load_agency(folder)
    own = os.environ.get("ARCHIVE_S3_ENDPOINT")
    if own and own != environment.read(state).get("ARCHIVE_S3_ENDPOINT"):
        raise ArchiveError(
            "ARCHIVE_S3_ENDPOINT names a store of your own, and a trial goes into the embedded one. Nothing was done.",
            remedy="Unset ARCHIVE_S3_ENDPOINT, or name another state folder with --state.",
        )
    with output.working("Starting the embedded store"):
        store = seaweed.start(state)
        who = store.identities["archive"]
        address = {
            "ARCHIVE_S3_ENDPOINT": store.endpoint,
            "ARCHIVE_S3_ACCESS_KEY": who.access_key,
            "ARCHIVE_S3_SECRET_KEY": who.secret_key,
        }
        os.environ.update(environment.write(state, address))
        ensure_buckets(agency.store, client=store.client("admin"))


def _print_next(folder: Path) -> None:
    where = os.path.relpath(folder)
    out = output.console()
    out.print(Text("\nLook at it: ").append(f'archive --agency {where} find "…"', style="bold"), soft_wrap=True)
    out.print(Text("The store goes on running; archive down stops it.", style="dim"))
