from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from social_archive import yaml_lines
from social_archive.agency_template import make_agency
from social_archive.config import (
    REQUEST_NUMBER,
    Agency,
    load_agency,
    register_secret_resolver,
    resolve_secret,
)
from social_archive.errors import ConfigError
from social_archive.references import _resolvers

SHIPPED = Path(__file__).resolve().parents[2] / "include" / "sandbox" / "agency"
TOKEN = "EAAG" + "q7Zk2" * 12  # shaped like a platform's token; opens nothing

ACCOUNTS = """\
accounts:
  - name: main
    platform: mastodon
    handle: library
    schedule: "@daily"
    settings: {server: "https://social.example"}
    secrets: {token: "env:LIBRARY_TOKEN"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "agency"
    make_agency(made, name="Test Library", jurisdiction="illinois", time_zone="America/Chicago")
    (made / "accounts.yaml").write_text(ACCOUNTS)
    return made


def refusal(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_agency(folder)
    return str(caught.value.args[0])


def edit(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))


def test_a_right_folder_loads(folder: Path) -> None:
    agency = load_agency(folder)
    assert isinstance(agency, Agency)
    assert agency.accounts[0].watch_days == 30
    assert agency.store.ledger_bucket == "test-library-social-records-ledger"
    assert agency.retention.time_zone == "America/Chicago"


WRONG = [  # file, what stands there, what is put there, lines from there to the one that is named, reason
    ("accounts.yaml", "    handle: library", "    handel: library", 0, "'handel' (did you mean 'handle'?)"),
    ("accounts.yaml", "    handle: library", "    handle: 12345", 0, "must be text (found 12345); put it in quotes"),
    ("accounts.yaml", "    handle: library", "    handle: no", 0, "must be text"),
    ("accounts.yaml", "platform: mastodon", "platform: mastodn", 0, "did you mean 'mastodon'?"),
    ("accounts.yaml", "platform: mastodon", "platform: nextdoor", 0, "cannot harvest nextdoor yet"),
    ("accounts.yaml", "name: main", "name: Main Account", 0, "small letters, digits and hyphens"),
    ("accounts.yaml", '"@daily"', "@daily", 0, "put the value in quotes"),
    ("accounts.yaml", '"@daily"', '"every day"', 0, "five cron fields"),
    ("accounts.yaml", '{token: "env', '{tokn: "env', 0, "did you mean 'token'?"),
    ("accounts.yaml", 'settings: {server: "https://social.example"}', "settings: {}", -4, "settings.server"),
    ("accounts.yaml", "handle: library\n", "handle: library\n    handle: other\n", 1, "the first is in line 4"),
    ("accounts.yaml", "handle: library\n", "handle: library\n    watch_days: -1\n", 1, "greater than or equal to 0"),
    ("accounts.yaml", "handle: library\n", 'handle: library\n    watch_days: "9"\n', 1, "valid integer"),
    ("agency.yaml", "time_zone: America/Chicago", "time_zone: America/Chicgo", 0, "not an IANA time zone"),
    ("agency.yaml", "lock_mode: governance", "lock_mode: none", 0, "'governance' or 'compliance'"),
    ("agency.yaml", "access_key: env:ARCHIVE_S3_ACCESS_KEY", "access_key: abc", 0, "`env:NAME` or `connection:ID`"),
    ("agency.yaml", "endpoint_url: env:ARCHIVE_S3_ENDPOINT", "endpoint_url: ftp://x", 0, "https://"),
    ("retention.yaml", "    - item: unscheduled", "    - item: unscheduld", 0, "did you mean 'unscheduled'?"),
    ("retention.yaml", "    - item: unscheduled", "    - {item: unscheduled, kind: post}", 0, "must match everything"),
    ("retention.yaml", "    - item: unscheduled", "    - {item: unscheduled, kind: pots}", 0, "must be one of post"),
    ("retention.yaml", "citation: none", "years: 3\n      permanent: true\n      citation: none", -3, "not both"),
]


@pytest.mark.parametrize(("file", "old", "new", "lines", "reason"), WRONG)
def test_a_wrong_line_is_refused_by_file_and_line_and_reason(
    folder: Path, file: str, old: str, new: str, lines: int, reason: str
) -> None:
    edit(folder, file, old, new)
    text = (folder / file).read_text()
    line = text[: text.index(new)].count("\n") + 1 + lines
    message = refusal(folder)
    assert f"/{file}:{line}: " in message
    assert reason in message


@pytest.mark.parametrize("pattern", ["{year}-{n:03d}", "F{n}", "{n:04}.{year}_x", "FOIA-{year}-{n:d}"])
def test_a_pattern_for_requests_gives_numbers_that_a_file_can_bear(folder: Path, pattern: str) -> None:
    (folder / "agency.yaml").write_text((folder / "agency.yaml").read_text() + f'\nfoia: {{number: "{pattern}"}}\n')
    for n in (1, 99_999):
        assert REQUEST_NUMBER.fullmatch(load_agency(folder).foia.number.format(year=2026, n=n))


@pytest.mark.parametrize(
    "pattern", ["{year}:{n}", "{year}-014", "{n", "{n:99999d}", "{m}-{n}", "-{n}", "{n}.", "{n!r}", "{n}/{year}"]
)
def test_any_other_is_refused(folder: Path, pattern: str) -> None:
    (folder / "agency.yaml").write_text((folder / "agency.yaml").read_text() + f'\nfoia: {{number: "{pattern}"}}\n')
    assert "is no pattern for numbers such as" in refusal(folder)


def test_everything_wrong_is_said_at_once(folder: Path) -> None:
    edit(folder, "accounts.yaml", "handle: library", "handle: 5")
    edit(folder, "accounts.yaml", '"@daily"', '"never"')
    assert len(refusal(folder).splitlines()) == 2


def test_two_accounts_with_one_name_on_one_platform_are_refused(folder: Path) -> None:
    text = ACCOUNTS + ACCOUNTS.removeprefix("accounts:\n").replace("handle: library", "handle: other")
    (folder / "accounts.yaml").write_text(text)
    assert "accounts.yaml:8: two mastodon accounts are named 'main'; the first is in line 2" in refusal(folder)


def test_one_account_under_two_names_is_refused(folder: Path) -> None:
    (folder / "accounts.yaml").write_text(ACCOUNTS + ACCOUNTS.removeprefix("accounts:\n").replace("main", "second"))
    assert "is listed already, in line 4" in refusal(folder)


def test_an_entry_that_waits_needs_neither_handle_nor_adapter(folder: Path) -> None:
    (folder / "accounts.yaml").write_text("accounts:\n  - {name: fb, platform: facebook, enabled: false}\n")
    assert load_agency(folder).enabled_accounts() == []


# --------------------------------------------------------------------------- secrets never stand in a file


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"env:LIBRARY_TOKEN"', f'"{TOKEN}"'),
        ('"env:LIBRARY_TOKEN"', '"hunter2hunter2"'),
        ('settings: {server: "https://social.example"}', f'settings: {{server: "https://s.example", token: {TOKEN}}}'),
        ('server: "https://social.example"', 'server: "https://user:hunter2hunter2@social.example"'),
        ("accounts:", f"# old token: {TOKEN}\naccounts:"),
        ("name: main", f"name: {TOKEN}"),
        ("    handle: library", f"    {TOKEN}: library"),
        ("    handle: library", f"    handle: library\n    schedule2: {TOKEN}"),
    ],
)
def test_a_secret_in_a_file_is_refused_and_never_repeated(folder: Path, old: str, new: str) -> None:
    edit(folder, "accounts.yaml", old, new)
    message = refusal(folder)
    assert "accounts.yaml:" in message
    assert TOKEN[:12] not in message
    assert "hunter2" not in message


def test_a_secret_named_setting_is_sent_to_secrets(folder: Path) -> None:
    edit(folder, "accounts.yaml", "settings: {", "settings: {api_key: short, ")
    message = refusal(folder)
    assert "move it to `secrets:`" in message
    assert "short" not in message


# --------------------------------------------------------------------------- YAML itself


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x [1]\naccounts: *x\n", "aliases"),
        ("accounts: []\n---\naccounts: []\n", "document"),
        ("accounts: !!python/object/apply:os.system ['true']\n", "accounts"),
        ("- a\n", "expected `key: value`"),
        ("accounts: [\n", "accounts.yaml"),
        ("1: 2\n", "a key must be a word"),
        ("accounts: 2024-13-45\n", "not a plain value"),
        ("accounts: " + "[" * 60 + "]" * 60 + "\n", "nested deeper"),
        ("", "'accounts' is missing"),
    ],
)
def test_yaml_that_is_not_plain_is_refused(folder: Path, text: str, reason: str) -> None:
    (folder / "accounts.yaml").write_text(text)
    assert reason in refusal(folder)


def test_text_that_is_not_utf8_is_refused_with_its_line(folder: Path) -> None:
    (folder / "accounts.yaml").write_bytes(b"accounts:\n  - name: \xff\n")
    assert "accounts.yaml:2: the text is not UTF-8" in refusal(folder)


def test_a_missing_file_and_a_wrong_folder_say_what_to_do(folder: Path, tmp_path: Path) -> None:
    (folder / "retention.yaml").unlink()
    assert "retention.yaml cannot be read" in refusal(folder)
    with pytest.raises(ConfigError, match="archive init"):
        load_agency(tmp_path)


# --------------------------------------------------------------------------- following references


def test_an_environment_reference_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRARY_TOKEN", "value")
    assert resolve_secret("env:LIBRARY_TOKEN") == "value"


@pytest.mark.parametrize("text", ["mastodon://user:p%40ss@host", '{"conn_type": "http", "password": "p@ss"}'])
def test_a_connection_is_read_from_airflows_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LIBRARY_MASTODON", text)
    assert resolve_secret("connection:library_mastodon") == "p@ss"


def test_a_registered_resolver_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_resolvers, "connection", lambda name: "")
    register_secret_resolver("connection", lambda name: f"from {name}")
    assert resolve_secret("connection:anything") == "from anything"


@pytest.mark.parametrize("reference", ["env:NOT_SET_ANYWHERE", "connection:nowhere", TOKEN])
def test_what_cannot_be_followed_is_named_without_a_value(reference: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_secret(reference)
    assert TOKEN not in str(caught.value)


def test_a_broken_connection_shows_nothing_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_BROKEN", '{"password": "hunter2"')
    with pytest.raises(ConfigError) as caught:
        resolve_secret("connection:broken")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("file", sorted(SHIPPED.rglob("*.yaml")), ids=lambda file: file.name)
def test_the_quick_reading_of_yaml_is_the_careful_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = yaml_lines.read(file)
    monkeypatch.setattr(yaml_lines, "_composed", lambda _, text: yaml.compose(text, Loader=yaml.SafeLoader))
    careful = yaml_lines.read(file)
    assert (quick.value, quick.lines) == (careful.value, careful.lines)
    assert quick.lines
