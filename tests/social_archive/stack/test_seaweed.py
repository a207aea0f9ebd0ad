"""The embedded store: it survives kill -9, listens on loopback only, and hides its back doors."""

from __future__ import annotations

import socket
import stat
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from social_archive.errors import StoreError
from social_archive.stack import seaweed
from social_archive.stack.seaweed import Seaweed
from social_archive.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Seaweed]:
    """A store that this test may kill."""
    running = seaweed.start(tmp_path, s3_port=seaweed.free_port(), die_with_parent=True)
    yield running
    running.kill()  # it is thrown away: ending in good order takes two seconds, and has a test of its own
    seaweed.stop(tmp_path)  # another one, if the test started it again


def test_what_was_acknowledged_survives_kill_9_under_the_same_keys_and_port(own: Seaweed) -> None:
    own.client().create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
    refs = [Store(own.client("archive"), "kept").put(f"k{i}", b"record") for i in range(20)]
    own.kill()
    assert seaweed.running(own.state) is None
    again = seaweed.start(own.state, die_with_parent=True)
    assert again.endpoint == own.endpoint
    assert again.identities == own.identities
    store = Store(again.client("archive"), "kept")
    assert [store.get(r.key, r.version_id, sha256=r.sha256) for r in refs] == [b"record"] * 20
    store.require_fit()


def test_starting_twice_is_starting_once_and_stopping_twice_is_stopping_once(own: Seaweed) -> None:
    assert seaweed.start(own.state).pid == own.pid
    assert seaweed.stop(own.state)
    assert not seaweed.stop(own.state)
    assert seaweed.running(own.state) is None


def test_a_stale_pid_file_harms_nobody(own: Seaweed, tmp_path: Path) -> None:
    """The pid now belongs to another program (here: another store)."""
    other = tmp_path / "other"
    (other / "run").mkdir(parents=True)
    (other / "run" / "seaweed.pid").write_text(str(own.pid))
    assert not seaweed.stop(other)
    assert seaweed.running(own.state) is not None


def test_every_port_is_on_loopback_only(own: Seaweed) -> None:
    for port in own.ports.values():
        with socket.socket() as probe:  # another loopback address stands for any other interface
            assert probe.connect_ex(("127.0.0.2", port)) != 0


def test_a_locked_version_cannot_be_destroyed_through_the_back_door(own: Seaweed, tmp_path: Path) -> None:
    own.client().create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
    store = Store(own.client("archive"), "kept")
    ref = store.put("k", b"record")
    filer = f"http://127.0.0.1:{own.ports['filer.port']}/buckets/kept/k.versions?recursive=true"
    for method in ("DELETE", "GET"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(filer, method=method), timeout=5)
        assert refused.value.code == 401
    with pytest.raises(subprocess.TimeoutExpired):  # gRPC without the certificate: no connection is ever made
        subprocess.run(
            ["weed", "shell", *(f"-{p}=127.0.0.1:{own.ports[p + '.port']}.{own.ports[p + '.port.grpc']}"
                                for p in ("master", "filer"))],
            executable=seaweed._binary(), cwd=tmp_path.parent, input="fs.rm -r /buckets/kept\nexit\n", text=True,
            capture_output=True, timeout=5, check=False,
        )  # fmt: skip
    assert store.get("k", ref.version_id) == b"record"


def test_keys_are_for_their_owner_alone(own: Seaweed) -> None:
    home = own.state / "seaweed"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("keys.json", "s3.json", "security.toml", "grpc.key"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    log = (own.state / "logs" / "seaweed.log").read_text(errors="replace")
    assert not any(i.secret_key in log for i in own.identities.values())
    assert set(own.identities) == {"admin", "archive", "disposer", "auditor"}


def test_a_bucket_is_not_made_by_writing_to_it_nor_removed_while_it_is_full(own: Seaweed) -> None:
    admin = own.client()
    with pytest.raises(Exception, match="NoSuchBucket"):
        admin.put_object(Bucket="unmade", Key="k", Body=b"")
    admin.create_bucket(Bucket="full")
    admin.put_object(Bucket="full", Key="k", Body=b"record")
    with pytest.raises(Exception, match="BucketNotEmpty"):
        admin.delete_bucket(Bucket="full")


def test_a_taken_port_is_named(own: Seaweed, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=str(own.ports["s3.port"])):
        seaweed.start(tmp_path / "second", s3_port=own.ports["s3.port"])


def test_the_shell_forces_a_vacuum(own: Seaweed) -> None:
    assert "fsync" in seaweed.shell(own.state, "fs.configure")
    own.client().create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
    store = Store(own.client("archive"), "kept")
    ref = store.put("k", bytes(5_000))
    assert sum(seaweed.deleted_bytes(own.state, "kept")) == 0
    store.delete_version(ref.key, ref.version_id)
    deadline = time.monotonic() + 20  # the store deletes the bytes a moment after it says so
    while not sum(seaweed.deleted_bytes(own.state, "kept")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sum(seaweed.deleted_bytes(own.state, "kept")) >= 5_000
    seaweed.shell(own.state, "volume.vacuum -garbageThreshold=0.00001")
    assert set(seaweed.deleted_bytes(own.state, "kept")) == {0}, "known at once, without the master's heartbeat"
    for mistake in ("no.such.command", "volume.vacuum -garbageThreshold=much"):
        with pytest.raises(StoreError, match=r"no\.such\.command|volume\.vacuum"):
            seaweed.shell(own.state, mistake)
