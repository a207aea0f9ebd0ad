"""References to secrets, and following them. No file of the agency holds a secret itself.

`env:NAME` is an environment variable, `connection:ID` the password of an Airflow connection. The core reads a
connection from AIRFLOW_CONN_<ID>; inside Airflow the plugin registers a resolver that asks Airflow itself.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from social_archive.errors import ConfigError

REFERENCE: Final = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|connection:[A-Za-z0-9_.\-]+)")
KEY_REFERENCE: Final = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)")

_resolvers: dict[str, Callable[[str], str]] = {}


def register_secret_resolver(scheme: str, resolve: Callable[[str], str]) -> None:
    """Let another part (Airflow's connections) follow references of one scheme. It gets what follows the colon."""
    _resolvers[scheme] = resolve


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


def _connection_password(connection: str, environment: Mapping[str, str]) -> str:
    variable = "AIRFLOW_CONN_" + re.sub(r"[^A-Za-z0-9]", "_", connection).upper()
    text = environment.get(variable, "").strip()
    if not text:
        raise ConfigError(f"There is no connection {connection!r} here.",
                          remedy=f"Make it in Airflow (Admin, Connections), or set {variable}.")  # fmt: skip
    password: object = None
    if text.startswith("{"):
        try:
            password = json.loads(text).get("password")
        except ValueError:
            raise ConfigError(f"The connection {connection!r} holds JSON that cannot be read.",
                              remedy=f"Correct {variable}.") from None  # fmt: skip
    else:
        password = unquote(urlsplit(text).password or "")
    if not isinstance(password, str) or not password:
        raise ConfigError(f"The connection {connection!r} has no password.",
                          remedy="Put the account's token into the password field of the connection.")  # fmt: skip
    return password
