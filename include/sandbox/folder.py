"""The invented library's agency folder, as it stands or pointed at other ports; and the secrets it refers to."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import yaml

from sandbox.platforms import registry

AGENCY = Path(__file__).parent / "agency"


def environment() -> dict[str, str]:
    """The variables that accounts.yaml names. Invented: they open nothing but the sandbox."""
    return {name: value for stand_in in registry().values() for name, value in stand_in.environment().items()}


def agency_folder(
    folder: Path, urls: Mapping[str, str], *, accounts: Collection[str] | None = None, bucket: str | None = None
) -> Path:
    """A copy of the agency folder in `folder` whose accounts point at `urls` ({platform: url}); returns `folder`.

    `accounts` keeps only these (by name), `bucket` names another bucket, for tests that share one store.
    """
    shutil.copytree(AGENCY, folder, dirs_exist_ok=True)
    listed = yaml.safe_load((folder / "accounts.yaml").read_text())["accounts"]
    kept = [_moved(a, urls) for a in listed if accounts is None or a["name"] in accounts]
    missing = set(accounts or ()) - {a["name"] for a in listed}
    if missing:
        raise ValueError(f"The sample agency has no account {', '.join(sorted(missing))}.")
    (folder / "accounts.yaml").write_text(yaml.safe_dump({"accounts": kept}, sort_keys=False))
    if accounts is not None:
        _drop_rules(folder / "retention.yaml", {str(a["name"]) for a in kept})
    if bucket is not None:
        text = (folder / "agency.yaml").read_text()
        (folder / "agency.yaml").write_text(text.replace("bucket: larkspur-social-records", f"bucket: {bucket}"))
    return folder


def _moved(account: dict[str, object], urls: Mapping[str, str]) -> dict[str, object]:
    platform = str(account["platform"])
    settings = account["settings"]
    assert isinstance(settings, dict)
    here = f"http://127.0.0.1:{registry()[platform].port}"
    return {**account, "settings": {k: urls.get(platform, here) if v == here else v for k, v in settings.items()}}


def _drop_rules(path: Path, accounts: Collection[str]) -> None:
    """A rule for an account that is not listed would be refused."""
    schedule = yaml.safe_load(path.read_text())
    rules = schedule["retention"]["rules"]
    schedule["retention"]["rules"] = [r for r in rules if r.get("account") in (None, *accounts)]
    path.write_text(yaml.safe_dump(schedule, sort_keys=False))
