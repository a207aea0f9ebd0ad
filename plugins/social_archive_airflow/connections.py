"""Airflow's connections as the place where an account's secrets are kept.

An account that says `token: connection:library-mastodon` gets the password of that connection, and with
`connection:library-youtube#client_secret` one of its further fields. The connection forms come from `provider.py`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from airflow.sdk import BaseHook, Variable

from social_archive.errors import ConfigError
from social_archive.platforms import registry
from social_archive.references import register_secret_keeper, register_secret_resolver, required_secret

_RENEWED = "social_archive_renewed_secret_"  # Airflow masks what is named like a secret


def use_airflow_connections() -> None:
    """Let the core follow `connection:ID` to Airflow, and keep renewed secrets there.

    Called in a task: outside of one there is no secret to get.
    """
    register_secret_resolver("connection", _secret)
    register_secret_keeper("connection", _keep)


def _secret(reference: str) -> str:
    """The secret as it was last renewed, or as a person entered it."""
    entered = _entered(reference)
    renewed = _renewed(reference)
    if renewed.get("instead_of") == _fingerprint(entered) and isinstance(renewed.get("value"), str):
        return str(renewed["value"])
    return entered


def _entered(reference: str) -> str:
    connection_id, _, field = reference.partition("#")
    try:
        connection = BaseHook.get_connection(connection_id)
    except Exception as error:  # Airflow raises different types here, by secrets backend and by process
        raise ConfigError(
            f"There is no connection {connection_id!r} that Airflow can read ({type(error).__name__}).",
            remedy="Make it in Airflow: Admin, Connections. Nothing was harvested or changed.",
        ) from None
    value = connection.extra_dejson.get(field) if field else connection.password
    return required_secret(connection_id, field, value)


def _keep(reference: str, value: str) -> bool:
    """Tasks cannot write connections, so a renewed secret goes into a Variable (encrypted like a connection).

    It names what a person had entered by its fingerprint: a secret that is entered anew wins over it at once.
    """
    renewed = {"value": value, "instead_of": _fingerprint(_entered(reference))}
    Variable.set(_variable(reference), json.dumps(renewed), description="A token that the platform has renewed.")
    return True


def _renewed(reference: str) -> dict[str, Any]:
    try:
        found = json.loads(Variable.get(_variable(reference), default="{}"))
    except Exception:  # as above; what a person entered is then used
        return {}
    return found if isinstance(found, dict) else {}


def _variable(reference: str) -> str:
    return _RENEWED + reference.replace("#", "__")


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(b"renewed-secret/v1\n" + secret.encode()).hexdigest()


def __getattr__(name: str) -> Any:
    """`MastodonHook` and its like: Airflow wants a class behind every connection type, made here from the registry."""
    for cls in registry().values():
        if name == f"{cls.name.title()}Hook":
            body = {
                "conn_type": cls.name,
                "hook_name": f"{cls.title} (social records)",
                "conn_name_attr": "connection_id",
                "default_conn_name": f"{cls.name}_default",
                "__doc__": cls.__doc__,
            }
            return type(name, (BaseHook,), body)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
