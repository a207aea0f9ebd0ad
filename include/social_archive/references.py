"""References to secrets, and following them. No file of the agency holds a secret itself.

`env:NAME` is an environment variable, `connection:ID` the password of an Airflow connection, `connection:ID#NAME` one
of its further fields (a platform may ask for more than one secret). The core reads a connection from
AIRFLOW_CONN_<ID>; inside Airflow the plugin registers a resolver that asks Airflow itself, and a keeper for the
secrets that a platform renews.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from social_archive.errors import ConfigError

REFERENCE: Final = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|connection:[A-Za-z0-9_.\-]+(?:#[A-Za-z_][A-Za-z0-9_]*)?)")
KEY_REFERENCE: Final = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)")

_resolvers: dict[str, Callable[[str], str]] = {}
_keepers: dict[str, Callable[[str, str], bool]] = {}


def register_secret_resolver(scheme: str, resolve: Callable[[str], str]) -> None:
    """Let another part (Airflow's connections) follow references of one scheme. It gets what follows the colon."""
    _resolvers[scheme] = resolve


def register_secret_keeper(scheme: str, keep: Callable[[str, str], bool]) -> None:
    """Let another part store renewed secrets of one scheme. It gets what follows the colon, and the new value."""
    _keepers[scheme] = keep


def keep_secret(reference: str, value: str) -> bool:
    """Store a secret that the platform has renewed. False where nobody can (an environment variable)."""
    scheme, _, name = reference.partition(":")
    return scheme in _keepers and _keepers[scheme](name, value)


def resolve_secret(reference: str) -> str:
    """The value behind `env:NAME` or `connection:ID`. Raises ConfigError that names the reference, never a value.

    Without a registered resolver a connection is read from AIRFLOW_CONN_<ID>: a URI or JSON, its password.
    """
    scheme, _, name = reference.partition(":")
    if not REFERENCE.fullmatch(reference):
        raise ConfigError("A secret is not given by reference.", remedy="Write it as `env:NAME` or `connection:ID`.")
    if scheme in _resolvers:
        return _resolvers[scheme](name)
    if scheme == "env":
        value = os.environ.get(name, "")
        if not value:
            raise ConfigError(f"The environment variable {name} is not set.",
                              remedy=f"Set {name}; `make up` does it for the embedded stack.")  # fmt: skip
        return value
    return _connection_password(name, os.environ)


def _connection_password(reference: str, environment: Mapping[str, str]) -> str:
    connection, _, field = reference.partition("#")
    variable = "AIRFLOW_CONN_" + re.sub(r"[^A-Za-z0-9]", "_", connection).upper()
    text = environment.get(variable, "").strip()
    if not text:
        raise ConfigError(f"There is no connection {connection!r} here.",
                          remedy=f"Make it in Airflow (Admin, Connections), or set {variable}.")  # fmt: skip
    password: object = None
    if text.startswith("{"):
        try:
            password = secret_of(json.loads(text), field)
        except (ValueError, AttributeError):
            raise ConfigError(f"The connection {connection!r} holds JSON that cannot be read.",
                              remedy=f"Correct {variable}.") from None  # fmt: skip
    else:
        query = dict(parse_qsl(urlsplit(text).query))
        password = query.get(field) if field else unquote(urlsplit(text).password or "")
    return required_secret(connection, field, password)


def secret_of(connection: Mapping[str, object], field: str) -> object:
    """The password of a connection's JSON, or one of its further fields (`extra` may be an object or its text)."""
    if not field:
        return connection.get("password")
    extra = connection.get("extra") or {}
    return (json.loads(extra) if isinstance(extra, str) else dict(extra)).get(field)  # type: ignore[call-overload]


def required_secret(connection: str, field: str, value: object) -> str:
    """The value, or an error that says which field of which connection is empty."""
    if isinstance(value, str) and value:
        return value
    what = f"field {field!r}" if field else "password"
    raise ConfigError(
        f"The connection {connection!r} has no {what}.",
        remedy=f"Put the account's secret into the {what} of the connection.",
    )
