"""The generated environment: private, stable, and never stronger than what the caller set."""

from __future__ import annotations

import base64
import os
import stat
import subprocess

from social_archive.stack import environment


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_read_again_and_merged(tmp_path):
    environment.write(tmp_path, {"A": "1", "B": "x=y"})
    environment.write(tmp_path, {"A": "2"})

    assert environment.read(tmp_path) == {"A": "2", "B": "x=y"}


def test_a_shell_reads_the_file_too(tmp_path):
    environment.write(tmp_path, {"ARCHIVE_S3_ENDPOINT": "http://127.0.0.1:8333"})

    told = subprocess.run(
        ["sh", "-c", f"set -a; . {tmp_path / 'env'}; printenv ARCHIVE_S3_ENDPOINT"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert told.stdout.strip() == "http://127.0.0.1:8333"


def test_the_callers_own_value_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCHIVE_TEST_ONE", "mine")
    monkeypatch.delenv("ARCHIVE_TEST_TWO", raising=False)
    environment.write(tmp_path, {"ARCHIVE_TEST_ONE": "generated", "ARCHIVE_TEST_TWO": "generated"})

    environment.load(tmp_path)

    assert (os.environ["ARCHIVE_TEST_ONE"], os.environ["ARCHIVE_TEST_TWO"]) == ("mine", "generated")
    monkeypatch.delenv("ARCHIVE_TEST_TWO")


def test_a_folder_without_a_stack_has_an_empty_environment(tmp_path):
    assert environment.read(tmp_path) == {}


def test_only_the_owner_reads_environment_and_secrets(tmp_path):
    environment.write(tmp_path, {"A": "1"})
    environment.secret(tmp_path, "jwt", 64)

    assert mode(tmp_path / "env") == 0o600
    assert mode(tmp_path / "keys" / "jwt") == 0o600
    assert mode(tmp_path / "keys") == 0o700


def test_a_secret_is_made_once(tmp_path):
    first = environment.secret(tmp_path, "jwt", 64)

    assert environment.secret(tmp_path, "jwt", 64) == first
    assert len(first) >= 64
    assert environment.secret(tmp_path, "other", 64) != first


def test_the_fernet_key_is_thirty_two_bytes(tmp_path):
    key = environment.fernet_key(tmp_path)

    assert len(base64.urlsafe_b64decode(key)) == 32
    assert environment.fernet_key(tmp_path) == key
