"""Airflow's connections as the place where an account's secrets are kept.

An account that says `token: connection:library-mastodon` gets the password of that connection. The connection forms
come from `provider.py`.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook

from social_archive.config import register_secret_resolver
from social_archive.errors import ConfigError
from social_archive.platforms import registry


def use_airflow_connections() -> None:
    """Let the core follow `connection:ID` to Airflow. Called in a task: outside of one there is no secret to get."""
    register_secret_resolver("connection", _password)


def _password(connection_id: str) -> str:
    try:
        password = BaseHook.get_connection(connection_id).password
    except Exception as error:  # Airflow raises different types here, by secrets backend and by process
        raise ConfigError(
            f"There is no connection {connection_id!r} that Airflow can read ({type(error).__name__}).",
            remedy="Make it in Airflow: Admin, Connections. Nothing was harvested or changed.",
        ) from None
    if not password:
        raise ConfigError(
            f"The connection {connection_id!r} has no password.",
            remedy="Put the account's token into the password field of the connection.",
        )
    return str(password)


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
