"""Airflow reads its settings at import: they must be there before any test module is."""

from tests import airflow_home  # noqa: F401
