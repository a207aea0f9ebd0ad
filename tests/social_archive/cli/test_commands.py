"""Commands that need no store: help, errors, the agency's folder, a proof in a stranger's hands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import social_archive
from social_archive.cli import app
from social_archive.cli.find import moment
from social_archive.platforms import registry
from tests.social_archive.cli.conftest import Run


def commands(group: typer.Typer = app, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for command in group.registered_commands:
        assert command.callback is not None
        found.append((*path, command.name or command.callback.__name__.replace("_", "-")))
    for sub in group.registered_groups:
        assert sub.typer_instance is not None
        assert sub.name is not None
        found += [(*path, sub.name), *commands(sub.typer_instance, (*path, sub.name))]
    return found


OURS = [path for path in commands() if path[0] not in ("up", "down", "status", "tour")]


def test_every_promised_command_is_there() -> None:
    promised = {
        "accounts", "harvest", "find", "show", "quarantine", "ledger", "prove", "verify-proof", "doctor", "rebuild",
        "init", "up", "down", "status",
    }  # fmt: skip
    assert promised <= {path[0] for path in commands()}


@pytest.mark.parametrize("path", OURS, ids=" ".join)
def test_every_commands_help_has_an_example_and_json(run: Run, path: tuple[str, ...]) -> None:
    ran = run(*path, "--help")
    assert ran.code == 0
    assert "Example" in ran.out
    assert "--json" in ran.out or path == ("ledger",)


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").out.strip() == f"archive {social_archive.__version__}"


def test_wrong_usage_is_exit_code_2(run: Run) -> None:
    assert run("find", "--limit", "many").code == 2
    assert run("nonsense").code == 2
    ran = run("find", "--kind", "coment")
    assert ran.code == 2
    assert "did you mean 'comment'?" in " ".join(ran.err.split())


# --------------------------------------------------------------------------- errors


def test_an_expected_error_is_two_sentences_and_no_traceback(run: Run, tmp_path: Path) -> None:
    ran = run("--agency", str(tmp_path), "accounts")
    assert ran.code == 1
    assert "Error" in ran.err
    assert "archive init" in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("before", [True, False])
def test_an_error_in_json_has_error_remedy_and_code(run: Run, tmp_path: Path, before: bool) -> None:
    words = ["--agency", str(tmp_path)]
    ran = run(*words, "--json", "accounts", "list") if before else run(*words, "accounts", "list", "--json")
    assert ran.code == 1
    assert set(ran.json) == {"error", "remedy", "code"}
    assert ran.json["code"] == "ConfigError"


def test_debug_shows_where_an_error_came_from(run: Run, tmp_path: Path) -> None:
    assert "Traceback" in run("--debug", "--agency", str(tmp_path), "accounts").err


def test_a_fault_of_ours_quotes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("hunter2 and a comment's text")

    monkeypatch.setattr("social_archive.config.load_agency", fail)
    ran = run("accounts")
    assert ran.code == 1
    assert "hunter2" not in ran.err + ran.out
    assert "RuntimeError in test_commands.py" in ran.err


# --------------------------------------------------------------------------- the agency's folder


def test_init_makes_a_folder_that_loads_and_teaches(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    made = run("init", str(folder), "--name", "Bibliothèque: d'Été #1", "--time-zone", "Europe/Paris", "--json")
    assert made.code == 0
    assert {Path(path).name for path in made.json["files"]} == {
        "agency.yaml", "accounts.yaml", "retention.yaml", "policy.yaml",
    }  # fmt: skip
    listed = run("--agency", str(folder), "accounts", "--json")
    assert listed.json == {"agency": "Bibliothèque: d'Été #1", "accounts": []}
    assert all(path.read_text().startswith("# ") for path in folder.iterdir())


def test_the_lines_that_init_comments_out_are_right_when_taken_in(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    run("init", str(folder))
    accounts = (folder / "accounts.yaml").read_text()
    head, example = accounts.split("accounts: []\n")
    (folder / "accounts.yaml").write_text(head + "accounts:\n" + example.replace("\n#", "\n").replace("#  -", "  -", 1))
    listed = run("--agency", str(folder), "accounts", "--json").json["accounts"]
    assert [account["name"] for account in listed] == ["library"]


def test_init_overwrites_nothing_and_leaves_nothing_half_made(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    run("init", str(folder))
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert run("init", str(folder), "--name", "Other").code == 1
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert run("init", str(tmp_path / "bad"), "--time-zone", "Mars/Base").code == 1
    assert list((tmp_path / "bad").iterdir()) == []


def test_accounts_repeats_no_secret_reference_values(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    run("init", str(folder))
    (folder / "accounts.yaml").write_text(
        "accounts:\n  - {name: a, platform: mastodon, handle: a, settings: {server: 'https://s.example'},"
        " secrets: {token: 'env:TOKEN_A'}}\n"
    )
    shown = run("--agency", str(folder), "accounts", "show", "a", "--json").json
    assert shown["secrets"] == ["token"]
    assert [need["name"] for need in shown["needs"] if need["required"]] == ["server"]
    assert run("--agency", str(folder), "accounts", "show", "b").code == 1


# --------------------------------------------------------------------------- a proof in a stranger's hands


@pytest.mark.slow
def test_verify_proof_needs_no_agency_and_no_network(tmp_path: Path) -> None:
    """In a process of its own, in an empty folder, with sockets that refuse."""
    (tmp_path / "proof.json").write_text(json.dumps({"format": "something else"}))
    code = (
        "import socket, sys\n"
        "def no(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = no\n"
        "from social_archive.cli import main\n"
        "sys.argv = ['archive', 'verify-proof', 'proof.json', '--json']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["ok"] is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1, "format": 2}', "NaN", "[" * 100_000, "\x00\xff"])
def test_a_file_that_is_no_proof_fails_verification(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "proof.json").write_text(text, encoding="latin-1")
    assert run("verify-proof", str(tmp_path / "proof.json")).code == 3


def test_a_proof_that_is_not_there_is_an_error_not_a_failed_proof(run: Run, tmp_path: Path) -> None:
    assert run("verify-proof", str(tmp_path / "none.json")).code == 1


# --------------------------------------------------------------------------- dates as people write them


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", 1_767_247_200, 1_798_783_200),
        ("2026-12", 1_796_104_800, 1_798_783_200),
        ("2026-03-08", 1_772_949_600, 1_773_032_400),  # 23 hours: the clocks go forward
        ("2026-03-01T12:00Z", 1_772_366_400, None),
    ],
)
def test_a_date_counts_whole_on_the_agencys_clock(text: str, start: int, end: int | None) -> None:
    assert moment(text, "America/Chicago") == start * 1_000_000
    if end is not None:
        assert moment(text, "America/Chicago", end=True) == end * 1_000_000


@pytest.mark.parametrize("text", ["yesterday", "2026-13", "2026-02-30", "03/01/2026", ""])
def test_what_is_no_date_is_wrong_usage(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        moment(text, "UTC")


def test_every_platform_says_on_what_terms_it_is_read(run: Run) -> None:
    listed = {one["name"]: one for one in run("accounts", "platforms", "--json").json["platforms"]}
    assert set(listed) == set(registry())
    assert all(one["legal_basis"] and one["storage_terms"] for one in listed.values())
    assert "storage terms" in run("accounts", "platforms").out


def test_terms_that_collide_with_keeping_records_must_be_accepted_by_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry()["mastodon"], "terms_must_be_accepted", True)
    folder = tmp_path / "own"
    run("init", str(folder), "--name", "Larkspur (invented)")
    entry = "accounts:\n  - {name: a, platform: mastodon, handle: a, settings: {server: 'https://s.example'%s}}\n"
    (folder / "accounts.yaml").write_text(entry % "")
    refused = run("--agency", str(folder), "accounts")
    assert refused.code == 1
    assert "terms_accepted: true" in refused.err
    (folder / "accounts.yaml").write_text(entry % ", terms_accepted: true")
    assert run("--agency", str(folder), "accounts").code == 0
