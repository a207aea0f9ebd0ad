"""What pip's entry point `apache_airflow_provider` tells Airflow: a connection form per platform.

Made from the platforms' own `credentials`, so a new platform has its form at once. Imports no Airflow.
"""

from __future__ import annotations

from typing import Any

from social_archive.platforms import Field, Platform, registry


def provider_info() -> dict[str, Any]:
    return {
        "package-name": "social-records-archive",
        "name": "Social Records Archive",
        "description": "Harvests a public body's social-media accounts into a provable archive.",
        "connection-types": [_form(cls) for cls in registry().values()],
    }


def _form(cls: type[Platform]) -> dict[str, Any]:
    """The form asks for secrets only: address and handle stand in accounts.yaml, where they can be reviewed.

    The first secret is the password (`connection:ID`), each further one a field of its own (`connection:ID#NAME`).
    """
    secrets = [field for field in cls.credentials if field.secret]
    first = secrets[0] if secrets else None
    return {
        "connection-type": cls.name,
        "hook-class-name": f"social_archive_airflow.connections.{cls.name.title()}Hook",
        "hook-name": f"{cls.title} (social records)",
        "ui-field-behaviour": {
            "hidden-fields": ["host", "port", "schema", "login", "extra"],
            "relabeling": {"password": first.title if first else "Secret"},
            "placeholders": {"password": first.help if first else f"{cls.title} is read without a secret."},
        },
        "conn-fields": {field.name: _field(field) for field in secrets[1:]},
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "label": field.title,
        "description": field.help,
        "schema": {"type": ["string", "null"], "format": "password"},
    }
