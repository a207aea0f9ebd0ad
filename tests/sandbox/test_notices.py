"""The invented library's profiles show every result that the check of their notices can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.control import running
from sandbox.folder import agency_folder, environment
from social_archive.accession import Batch, commit
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.note import Signer
from social_archive.policy.notice.checks import check
from social_archive.record import Observation
from tests.sandbox.conftest import Inside

ACCOUNTS = ("larkspur", "larkspur-kids", "larkspur-archive", "larkspur-bluesky", "larkspur-teens")


def test_the_policy_page_is_the_librarys_and_no_request_to_the_platform(inside: Inside) -> None:
    client = inside("mastodon")
    page = client.get("/larkspur.example/social-media-policy")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "invented" in page.text
    assert client.get("/_sandbox/requests").json() == []


def profiles(archive: Archive, name: str) -> None:
    """Only the profile of an account, into the archive, as a harvest takes it in."""
    account = archive.account(name)
    adapter = archive.adapter(account)
    found = [item for page in adapter.profile() for item in adapter.records(page) if isinstance(item, Observation)]
    for item in found:
        item.platform, item.account, item.harvest_id, item.adapter = account.platform, name, name, adapter.name
    commit(archive, Batch(account.platform, name, name, found))


@pytest.mark.slow
def test_each_account_tells_the_public_as_much_as_the_sample_says(
    buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = "larkspur.example/social-records"
    Signer.generate(origin).save(tmp_path / "key")
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    with running(only=("mastodon", "bluesky")) as urls:
        folder = agency_folder(tmp_path / "agency", urls, accounts=ACCOUNTS, bucket=buckets.bucket)
        text = (folder / "agency.yaml").read_text().replace("env:ARCHIVE_SIGNING_KEY", f"file:{tmp_path / 'key'}")
        (folder / "agency.yaml").write_text(text)
        archive = open_archive(folder, state=tmp_path / "state")
        for name in ("larkspur", "larkspur-kids", "larkspur-bluesky", "larkspur-teens"):
            profiles(archive, name)
        verdicts = {name: check(archive, archive.account(name)).verdict for name in ACCOUNTS}
    assert {name: verdict.result for name, verdict in verdicts.items()} == {
        "larkspur": "in_profile", "larkspur-kids": "by_link", "larkspur-archive": "unreadable",
        "larkspur-bluesky": "partial", "larkspur-teens": "absent",
    }  # fmt: skip
    assert verdicts["larkspur-bluesky"].missing == ("submitted",)
    assert "submitted for posting, is subject to public disclosure" in verdicts["larkspur-kids"].quote
