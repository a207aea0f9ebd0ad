"""`archive notice` as a records officer types it, on a real store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from social_archive.accession import Batch, commit
from social_archive.archive import open_archive
from social_archive.config import StoreConfig
from social_archive.record import Observation, micros
from tests.agencies import agency_folder
from tests.social_archive.cli.conftest import Run

pytestmark = pytest.mark.slow

PART = "Comments are public records\x1b[31m, open to public disclosure."
POLICY = """policy:
  title: Comments (invented)
  source: invented
  notices: [{requirement: Each page says so., suggested: Say it like this.}]
"""


@pytest.fixture
def archive(run: Run, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    folder = agency_folder(tmp_path / "agency", buckets.bucket)
    (folder / "policy.yaml").write_text(POLICY)
    monkeypatch.setenv("ARCHIVE_AGENCY", str(folder))
    profile = Observation(
        kind="profile", native_id="p", native=b"{}", body=PART, author_is_account=True, platform="mastodon",
        account="larkspur", observed_at=micros(datetime.now(UTC)), harvest_id="h", adapter="scripted.1",
        links=("http://127.0.0.1:9/policy",),
    )  # fmt: skip
    commit(open_archive(folder, state=tmp_path / "other"), Batch("mastodon", "larkspur", "h", [profile]))
    return run


def test_an_account_from_never_checked_to_what_it_lacks(archive: Run) -> None:
    assert "never checked" in archive("notice", "list").out
    unchecked = archive("notice", "show", "larkspur")
    assert (unchecked.code, "archive notice check mastodon/larkspur" in unchecked.err) == (1, True)

    (done,) = archive("notice", "check", "--json").json["accounts"]
    assert (done["result"], done["missing"], done["worse"]) == ("partial", ["submitted"], False)
    assert "as before" in archive("notice", "check", "larkspur").out
    assert "partial" in archive("notice", "list").out
    shown = archive("notice", "show", "larkspur").out
    assert "\x1b" not in shown
    for words in ("says only a part", "submitted for posting", "private network", "Say it like this."):
        assert words in shown
    assert archive("notice", "show", "larkspur", "--json").json["places"][1]["code"] == "private_address"
