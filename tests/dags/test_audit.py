"""The audit through Airflow itself: green on a whole archive; red, with codes and nothing else, when a leaf is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.barrier import Rebuilding, put_up, take_down
from social_archive.config import StoreConfig
from social_archive.stack.seaweed import Seaweed
from tests.dags.running import HOME, ended
from tests.social_archive.retention import disposals
from tests.social_archive.retention.stocked import MAY, of_month, stocked_archive
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archive(weed: Seaweed, object_store: StoreConfig, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    config = fresh_buckets(weed, object_store)
    made = stocked_archive(tmp_path_factory.mktemp("audit"), config.bucket)
    (made.state.parent / "airflow").mkdir()
    return made


def audited(archive: Archive) -> str:
    """What Airflow's log says of one run of the DAG."""
    env = {"ARCHIVE_AGENCY": str(archive.agency.folder), "ARCHIVE_STATE": str(archive.state),
           HOME: str(Path(archive.state).parent / "airflow")}  # fmt: skip
    return ended(env, "audit").said.decode()


def test_green_and_red(archive: Archive) -> None:
    disposals.dispose(archive, "d1", of_month(archive, MAY))
    whole = audited(archive)
    assert "audit: success" in whole, whole[-3000:]

    disposals.certify(archive, "d1", [[1, 1]], "2026-0002")
    lost = audited(archive)
    assert "Not every leaf is accounted for (twice: 1)." in lost, lost[-3000:]
    assert "audit: success" not in lost
    assert "CANARY" not in lost


def test_no_task_opens_an_archive_that_is_being_rebuilt(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    from social_archive_airflow import opening

    monkeypatch.setenv("ARCHIVE_AGENCY", str(archive.agency.folder))
    monkeypatch.setenv("ARCHIVE_STATE", str(archive.state))
    put_up(archive)
    with pytest.raises(Rebuilding), opening.opened():
        pass
    take_down(archive)
    with opening.opened() as opened:
        assert opened.agency.store.bucket == archive.agency.store.bucket
