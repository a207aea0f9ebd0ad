"""No secret lies anywhere, and no person outside of the records, whatever went wrong.

A scene is played once: harvests through the `archive` command, good ones and failing ones in all its ways of talking,
against a real store. Then every byte that was kept or printed is searched.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.control import Control, running
from sandbox.folder import environment
from social_archive.config import StoreConfig
from social_archive.harvest import accession, pull, validate
from social_archive.ledger import EMPTY, Draft
from social_archive.stack.seaweed import Seaweed
from tests.faults import canary
from tests.faults.canary_scene import PERSON, SESSION, URL_SECRET, WORDS, WRONG_PASSWORD, WRONG_TOKEN, Scene
from tests.faults.sandbox_library import library
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

ACCOUNTS = ["larkspur-archive", "larkspur-teens", "larkspur-bluesky"]


@pytest.fixture(scope="module")
def scene(weed: Seaweed, object_store: StoreConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("canaries")
    config = fresh_buckets(weed, object_store)
    with running(only=("mastodon", "bluesky")) as urls, pytest.MonkeyPatch.context() as patch:
        who = weed.identities["archive"]
        env = environment() | {
            "ARCHIVE_S3_ENDPOINT": weed.endpoint,
            "ARCHIVE_S3_ACCESS_KEY": who.access_key,
            "ARCHIVE_S3_SECRET_KEY": who.secret_key,
        }
        for name, value in env.items():
            patch.setenv(name, value)
        agency = library(folder / "agency", urls, config.bucket, ACCOUNTS)
        scene = Scene(folder, agency, config.bucket, Control(urls["mastodon"]), Control(urls["bluesky"]), env)
        play(scene)
        yield scene


def play(scene: Scene) -> None:
    scene.mastodon.renew_tokens("larkspur-archive")
    scene.plant_person()
    scene.run("harvest")
    scene.bad_days()
    scene.run("harvest", "--json", "--full")
    for command in ("quarantine list", "quarantine list --json", "accounts", "accounts --json", "ledger verify",
                    "ledger verify --json", "doctor --json"):  # fmt: skip
        scene.run(*command.split())
    told(scene, "larkspur-teens", finish=True)
    told(scene, "larkspur-archive", finish=False)  # stays in the staging bucket, to be searched there


def told(scene: Scene, account: str, *, finish: bool) -> None:
    """A harvest in steps: what each tells the scheduler is searched like everything that was printed."""
    archive = scene.archive()
    pulled = pull(archive, archive.account(account), full=True)
    validated = validate(archive, pulled)
    done = [pulled.to_dict(), validated.to_dict()]
    if finish:
        done.append(accession(archive, validated).to_dict())
    scene.printed += [(f"told by step {n} of {account}", json.dumps(one).encode()) for n, one in enumerate(done)]
    archive.close()


def secrets(scene: Scene) -> list[str]:
    key = (scene.agency / "ledger.key").read_text().strip().splitlines()[-1]
    return [
        *environment().values(), WRONG_TOKEN, WRONG_PASSWORD, URL_SECRET, SESSION, scene.env["ARCHIVE_S3_SECRET_KEY"],
        key.rsplit("+", 1)[-1],
    ]  # fmt: skip


# --------------------------------------------------------------------------- the scene was what it should be


def test_the_scene_had_good_days_and_all_the_bad_ones(scene: Scene) -> None:
    """Else the searches below would pass on an empty archive."""
    archive = scene.archive()
    archive.catalog.catch_up()
    rows = [r for p in archive.mirror.paths(archive.catalog.objects("records"))
            for r in pq.read_table(p, partitioning=None).to_pylist()]  # fmt: skip
    reasons = {r["gap_reason"] for r in rows if r["kind"] == "gap"}
    assert {"throttled", "unintelligible", "platform_error", "login_expired", "scope_lost"} <= reasons
    assert {r["account"] for r in rows if r["kind"] == "comment"} == set(ACCOUNTS)
    assert len(archive.catalog.quarantine_items()) >= 4
    assert list(archive.staging.keys("staging/"))
    assert (scene.state / "data-docs" / "index.html").exists()
    assert scene.codes["harvest --json --full"] == 0, scene.printed
    assert all(archive.ledger.verify().findings == [] for _ in range(1))


# --------------------------------------------------------------------------- secrets


def test_no_secret_lies_in_any_bucket(scene: Scene) -> None:
    assert canary.found(secrets(scene), canary.in_buckets(scene.archive())) == []


def test_no_secret_lies_in_the_state_folder(scene: Scene) -> None:
    assert canary.found(secrets(scene), canary.in_folder(scene.state)) == []


def test_no_secret_was_printed_or_told(scene: Scene) -> None:
    assert len(scene.printed) > 20
    assert canary.found(secrets(scene), scene.printed) == []


# --------------------------------------------------------------------------- persons


def _of_records(where: str) -> bool:
    """Is this a place that dies with the records: a cohort's object, a copy of one, or what waits to become one?"""
    if where.startswith(("key ", "name ")):
        return False
    return any(part in where for part in ("/records/", "/quarantine/", "-staging/staging/"))


def test_a_person_lies_in_records_quarantine_and_staging_only(scene: Scene) -> None:
    places = canary.found([*PERSON, *WORDS], canary.in_buckets(scene.archive()))
    assert {"records", "quarantine", "staging"} <= {part for where in places for part in where.split("/")}
    assert [where for where in places if not _of_records(where)] == []


def test_a_person_lies_in_copies_of_records_only(scene: Scene) -> None:
    """Not in the catalog, not in the data docs, not in a log."""
    places = canary.found([*PERSON, *WORDS], canary.in_folder(scene.state))
    assert places
    assert [where for where in places if not _of_records(where)] == []


def test_no_person_was_printed_or_told(scene: Scene) -> None:
    assert canary.found([*PERSON, *WORDS], scene.printed) == []


# --------------------------------------------------------------------------- the search itself


@pytest.mark.parametrize("where", ["ledger", "parquet", "staging", "key", "sqlite", "page", "gzip"])
def test_the_search_finds_a_canary_that_is_there(
    buckets: StoreConfig, scene: Scene, tmp_path: Path, where: str
) -> None:
    """Planted once in each kind of place, in a bucket and a folder that are thrown away."""
    agency = library(tmp_path / "agency", {}, buckets.bucket, ACCOUNTS)
    throw_away = Scene(tmp_path, agency, buckets.bucket, scene.mastodon, scene.bluesky, scene.env)
    archive = throw_away.archive()
    throw_away.state.mkdir()
    if where == "ledger":
        archive.ledger.append(Draft("accession", "txn", note={"reason": WRONG_TOKEN}), EMPTY)
    elif where == "parquet":
        packed = io.BytesIO()
        pq.write_table(pa.table({"media": [[{"url": f"https://x.example/?t={WRONG_TOKEN}"}]] * 50}), packed,
                       compression="zstd", use_dictionary=False)  # fmt: skip
        archive.store.put("records/a.parquet", packed.getvalue())
    elif where == "staging":
        archive.staging.put("staging/h/pulled-000000.msgpack", b"\x82" + WRONG_TOKEN.encode())
    elif where == "key":
        archive.store.put(f"validation/{WRONG_TOKEN}.json", b"{}")
    elif where == "sqlite":
        with sqlite3.connect(throw_away.state / "catalog.sqlite") as db:
            db.execute("CREATE TABLE t AS SELECT ? AS v", (WRONG_TOKEN,))
    elif where == "page":
        (throw_away.state / "index.html").write_text(f"<p>{WRONG_TOKEN}</p>")
    else:
        (throw_away.state / "old.log.gz").write_bytes(gzip.compress(WRONG_TOKEN.encode()))
    hay = [*canary.in_buckets(archive), *canary.in_folder(throw_away.state)]
    assert len(canary.found([WRONG_TOKEN], hay)) >= 1
    assert canary.found(["another-canary"], hay) == []
