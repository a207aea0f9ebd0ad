"""Airflow's plugin loader runs every file it sees: it must see exactly one."""

from __future__ import annotations

import pytest

from tests.airflow_home import REPOSITORY

pytestmark = pytest.mark.slow  # importing Airflow takes seconds


def test_the_plugin_loads_and_nothing_else_does():
    from airflow import plugins_manager

    plugins, errors = plugins_manager._get_plugins()

    assert errors == {}
    assert [plugin.name for plugin in plugins if plugin.name == "social_archive"] == ["social_archive"]


def test_the_loader_does_not_see_the_package_beside_the_plugin():
    from airflow.sdk._shared.module_loading import find_path_from_directory

    found = find_path_from_directory(str(REPOSITORY / "plugins"), ".airflowignore", "glob")

    seen = {path.rsplit("/", 1)[-1] for path in found if path.endswith(".py")}
    assert seen == {"social_archive_plugin.py"}
