"""The core runs without Airflow, and its command line without what is slow to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

_ALL = """
import importlib, pkgutil, sys
import social_archive
for module in pkgutil.walk_packages(social_archive.__path__, "social_archive."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print("airflow" in sys.modules)
"""


@pytest.mark.slow
def test_no_module_of_the_core_imports_airflow():
    done = subprocess.run([sys.executable, "-c", _ALL], capture_output=True, text=True, check=True, timeout=120)

    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_the_command_line_starts_without_the_heavy_libraries():
    code = "import sys, social_archive.cli; print([m for m in HEAVY if m in sys.modules])".replace(
        "HEAVY", "('great_expectations', 'pandas', 'duckdb', 'boto3', 'airflow', 'psycopg2')"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
