"""However often a file is imported, and wherever an import dies: every item is in the archive exactly once."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from social_archive import audit
from social_archive.archive import Archive, open_archive
from social_archive.config import Account, StoreConfig
from social_archive.imports import intake
from social_archive.record import verify_row
from tests.agencies import agency_folder
from tests.forks import FORKS
from tests.social_archive.imports.conftest import rows, with_accounts
from tests.social_archive.imports.crashing_import import import_once

pytestmark = pytest.mark.slow

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

HEADER = "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Video ID,Comment Text\r\n"

POINTS = (
    "between-objects:2", "after-objects", "after-ledger:2", "before-seal", "between-batches", "after-keeping",
)  # fmt: skip


def takeout(count: int) -> str:
    lines = [f"Ug{n},UClark,2026-{n % 9 + 1:02d}-05T10:00:00Z,0,,vid00000001,Words {n}\r\n" for n in range(count)]
    return HEADER + "".join(lines) + "UgBad,UClark,2026-01-05T10:00:00Z,0,,vid00000001,one,too many\r\n"


def start(agency: Path, state: Path, path: Path, crash_at: str | None = None) -> None:
    store = {name: value for name, value in os.environ.items() if name.startswith("ARCHIVE_S3_")}
    process = FORKS.Process(target=import_once, args=(str(agency), str(state), str(path), crash_at, store))
    process.start()
    process.join(120)
    assert process.exitcode == (137 if crash_at else 0)


@pytest.mark.parametrize("point", POINTS)
def test_an_import_that_was_killed_is_completed_by_running_it_again(
    buckets: StoreConfig, tmp_path: Path, zipped: Zipped, point: str
) -> None:
    agency = agency_folder(tmp_path / "agency", buckets.bucket)
    path = zipped("takeout.zip", {"Takeout/comments.csv": takeout(10)})
    start(agency, tmp_path / "state", path, point)
    start(agency, tmp_path / "state", path)
    archive = with_accounts(open_archive(agency, state=tmp_path / "fresh-eyes"))
    found = rows(archive)
    assert all(verify_row(row) for row in found)
    assert Counter(row["native_id"] for row in found if row["kind"] != "gap") == {f"Ug{n}": 1 for n in range(10)}
    assert [row["gap_reason"] for row in found if row["kind"] == "gap"] == ["import_limits"]
    assert len(archive.catalog.objects("import")) == 1
    assert len(archive.catalog.quarantine_items()) == 1
    assert archive.ledger.verify().ok
    audit.sweep(archive)
    assert audit.sweep(archive)["sealed_again"] == 0


CELLS = st.text(st.characters(codec="utf-8", exclude_characters='"\r\n\0'), max_size=20)
EXPORTS = st.lists(st.tuples(st.sampled_from("ABCDE"), CELLS), min_size=1, max_size=6)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(export=EXPORTS, batch=st.integers(2, 5))
def test_importing_again_is_importing_once(
    archive: Archive, tmp_path: Path, export: list[tuple[str, str]], batch: int
) -> None:
    """Whatever is in the file, ids repeated with other words too: after the first time nothing changes any more."""
    account = Account(name=f"films-{uuid.uuid4().hex}", platform="youtube")  # another for each example
    path = tmp_path / f"{account.name}.csv"
    lines = [f'Ug{n},UClark,2026-01-05T10:00:00Z,0,,vid00000001,"{text}"\r\n' for n, text in export]
    path.write_text(HEADER + "".join(lines), newline="")
    first = intake.run(archive, account, path, batch=batch)
    once = [row for row in rows(archive) if row["account"] == account.name]
    assert {row["native_id"] for row in once if row["kind"] != "gap"} <= {f"Ug{n}" for n, _ in export}
    assert first.new + first.quarantined > 0
    again = intake.run(archive, account, path, batch=7 - batch)
    assert (again.new, again.changed, again.entries) == (0, 0, [])
    assert [row for row in rows(archive) if row["account"] == account.name] == once
