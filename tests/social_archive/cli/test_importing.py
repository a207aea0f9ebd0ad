"""`archive import`, as a person types it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from social_archive.archive import open_archive
from social_archive.config import StoreConfig
from tests.agencies import agency_folder
from tests.social_archive.cli.conftest import Run

pytestmark = pytest.mark.slow

COMMENTS = (
    "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Video ID,Comment Text\r\n"
    'Ug1,UClark,2026-02-03T04:05:06Z,0,,vid00000001,"Parking is behind the library"\r\n'
    'Ug2,UClark,2026-03-03T04:05:06Z,0,Ug1,vid00000001,"And free"\r\n'
)


@pytest.fixture
def agency(buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test library, with a YouTube account that need not be connected for an import."""
    folder = agency_folder(tmp_path / "agency", buckets.bucket)
    with (folder / "accounts.yaml").open("a") as accounts:
        accounts.write("  - {name: films, platform: youtube, handle: larkspur, enabled: false}\n")
    return folder


@pytest.fixture
def takeout(tmp_path: Path) -> Path:
    path = tmp_path / "takeout.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(zipfile.ZipInfo("Takeout/YouTube/comments.csv", (2026, 6, 1, 0, 0, 0)), COMMENTS)
    return path


def test_an_import_says_what_it_did_and_what_the_file_cannot_contain(run: Run, agency: Path, takeout: Path) -> None:
    done = run("--agency", str(agency), "import", str(takeout), "--account", "films")
    assert done.code == 0
    assert "1 comment, 1 reply" in done.out
    assert "2026-02-02 to 2026-03-02" in done.out  # in Chicago
    assert "kept, for as long as its last record" in done.out
    assert "no comment of anybody else" in " ".join(done.out.split())
    again = run("--agency", str(agency), "import", str(takeout), "--account", "youtube/films", "--json")
    assert (again.json["new"], again.json["unchanged"], again.json["kept"]) == (0, 2, "already")


def test_what_was_imported_is_found_with_its_gap(run: Run, agency: Path, takeout: Path) -> None:
    run("--agency", str(agency), "import", str(takeout), "--account", "films")
    found = run("--agency", str(agency), "find", "parking")
    assert "Parking is behind the library" in found.out
    assert "import limits" in found.out


def test_a_dry_run_stores_nothing(run: Run, agency: Path, takeout: Path) -> None:
    done = run("--agency", str(agency), "import", str(takeout), "--account", "films", "--dry-run")
    assert done.code == 0
    assert "Would be taken in" in done.out
    assert "What such a file cannot contain:" in done.out
    assert list(open_archive(agency, state=agency / "eyes").store.versions("")) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absent.zip", "--account", "films"), "no file or folder 'absent.zip'"),
        (("{takeout}", "--account", "nobody"), "'nobody' is not in accounts.yaml"),
        (("{takeout}", "--account", "larkspur"), "but the account 'larkspur' is on mastodon"),
        (("{takeout}", "--account", "films", "--format", "telegraph"), "no import format 'telegraph'"),
        (("{takeout}", "--account", "films", "--format", "mapped"), "needs --mapping"),
        (("{agency}/agency.yaml", "--account", "films"), "Looked for"),
    ],
)
def test_what_cannot_be_imported_is_refused_in_two_sentences(
    run: Run, agency: Path, takeout: Path, arguments: tuple[str, ...], said: str
) -> None:
    filled = [each.format(takeout=takeout, agency=agency) for each in arguments]
    done = run("--agency", str(agency), "import", *filled)
    assert done.code == 1
    assert said in done.err
    assert "To do" in done.err


def test_a_mapped_table_is_imported_for_any_account(run: Run, agency: Path, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("id,text,when\n1,Old days,2026-01-02T03:04:05Z\n")
    (tmp_path / "m.yaml").write_text(
        "mapping:\n  columns: {native_id: id, body: text, created_at: when}\n  shortcomings: [No pictures were kept.]\n"
    )
    done = run("--agency", str(agency), "import", str(tmp_path / "v.csv"), "--account", "larkspur", "--mapping",
               str(tmp_path / "m.yaml"), "--no-keep")  # fmt: skip
    assert done.code == 0
    assert "No pictures were kept." in done.out
    assert "not kept" in done.out


def test_the_help_has_an_example(run: Run) -> None:
    done = run("import", "--help")
    assert "archive import takeout.zip --account larkspur" in " ".join(done.out.split())
