"""The object store of docker-compose.yaml knows the identities that .env hands out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from social_archive.stack.production import environment_file, store_command

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(ROOT / "include" / "agency"))
    lines = (line.split("=", 1) for line in environment_file().splitlines() if not line.startswith("#"))
    values = dict(lines)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def test_the_store_knows_the_archive_the_disposer_and_the_admin_by_their_keys(given: dict[str, str], tmp_path: Path):
    store_command(tmp_path)

    listed = json.loads((tmp_path / "s3.json").read_text())["identities"]
    keys = {one["name"]: one["credentials"][0]["accessKey"] for one in listed}
    may = {one["name"]: set(one["actions"]) for one in listed}
    assert keys["archive"] == given["ARCHIVE_S3_ACCESS_KEY"]
    assert keys["disposer"] == given["ARCHIVE_S3_DISPOSER_ACCESS_KEY"]
    assert keys["admin"] == given["ARCHIVE_S3_ADMIN_ACCESS_KEY"]
    assert len(set(keys.values())) == len(keys)
    assert {name for name, actions in may.items() if "BypassGovernanceRetention" in actions} == {"disposer"}
