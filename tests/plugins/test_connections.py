"""A connection form per platform, and secrets that Airflow keeps."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from social_archive.config import resolve_secret
from social_archive.errors import ConfigError
from social_archive.platforms import registry
from social_archive.references import keep_secret
from social_archive_airflow.provider import provider_info

pytestmark = pytest.mark.slow  # importing Airflow takes seconds


def forms() -> dict[str, dict]:
    return {form["connection-type"]: form for form in provider_info()["connection-types"]}


def test_pip_knows_the_provider():
    ours = {e.value: e for e in entry_points(group="apache_airflow_provider") if "social_archive" in e.value}

    assert [entry.load()() for entry in ours.values()] == [provider_info()]


def test_every_platform_has_a_form_that_asks_for_its_secret_only():
    assert set(forms()) == set(registry())
    for name, form in forms().items():
        behaviour = form["ui-field-behaviour"]
        assert "password" not in behaviour["hidden-fields"]
        first, *more = [field for field in registry()[name].credentials if field.secret]
        assert behaviour["relabeling"]["password"] == first.title
        assert {key: asked["label"] for key, asked in form["conn-fields"].items()} == {f.name: f.title for f in more}
        assert all(asked["schema"]["format"] == "password" for asked in form["conn-fields"].values())


def test_airflow_takes_the_provider_and_its_forms():
    from airflow.providers_manager import ProvidersManager

    manager = ProvidersManager()
    for name in registry():
        assert manager.hooks[name].hook_name == f"{registry()[name].title} (social records)"


def test_the_provider_imports_without_airflow():
    code = "import sys, social_archive_airflow.provider as p; p.provider_info(); print('airflow' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


@pytest.fixture
def airflow_connections():
    from social_archive import config, references
    from social_archive_airflow.connections import use_airflow_connections

    resolvers = getattr(references, "_resolvers", None)
    if resolvers is None:
        resolvers = config._resolvers
    use_airflow_connections()
    yield
    resolvers.pop("connection", None)
    references._keepers.pop("connection", None)


@pytest.mark.usefixtures("airflow_connections")
def test_a_reference_is_followed_to_airflows_connection(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_LIBRARY_MASTODON", '{"conn_type": "mastodon", "password": "CANARY-TOKEN"}')

    assert resolve_secret("connection:library_mastodon") == "CANARY-TOKEN"


@pytest.mark.usefixtures("airflow_connections")
def test_a_missing_connection_is_named_and_a_person_is_told_where_to_make_it():
    with pytest.raises(ConfigError, match="library_absent") as caught:
        resolve_secret("connection:library_absent")

    assert "Admin, Connections" in str(caught.value)


@pytest.mark.usefixtures("airflow_connections")
def test_a_connection_without_a_password_is_refused(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_LIBRARY_EMPTY", '{"conn_type": "mastodon"}')

    with pytest.raises(ConfigError, match="has no password"):
        resolve_secret("connection:library_empty")


@pytest.mark.usefixtures("airflow_connections")
def test_a_further_secret_is_a_field_of_the_same_connection(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_LIBRARY_TUBE", '{"conn_type": "youtube", "extra": {"client_secret": "CANARY"}}')

    assert resolve_secret("connection:library_tube#client_secret") == "CANARY"
    with pytest.raises(ConfigError, match="has no field 'refresh_token'"):
        resolve_secret("connection:library_tube#refresh_token")


@pytest.fixture
def variables(monkeypatch):
    """Airflow's variables, as a task sees them."""
    kept: dict[str, str] = {}
    monkeypatch.setattr("social_archive_airflow.connections.Variable", _Variables(kept))
    return kept


class _Variables:
    def __init__(self, kept: dict[str, str]) -> None:
        self.kept = kept

    def set(self, key, value, description=None):
        self.kept[key] = value

    def get(self, key, default=None):
        return self.kept.get(key, default)


@pytest.mark.usefixtures("airflow_connections")
def test_a_renewed_token_is_kept_until_a_person_enters_a_new_one(monkeypatch, variables):
    monkeypatch.setenv("AIRFLOW_CONN_LIBRARY_THREADS", '{"conn_type": "threads", "password": "first"}')

    assert keep_secret("connection:library_threads", "second")
    assert resolve_secret("connection:library_threads") == "second"
    assert all("secret" in key for key in variables)  # Airflow masks variables that are named so

    monkeypatch.setenv("AIRFLOW_CONN_LIBRARY_THREADS", '{"conn_type": "threads", "password": "third"}')
    assert resolve_secret("connection:library_threads") == "third"


def test_a_token_from_the_environment_cannot_be_renewed_there():
    assert not keep_secret("env:LIBRARY_TOKEN", "second")
