"""Processes that a test may kill, forked off one process in which everything they need is imported already.

There is one such process for a whole run, however many contexts are made, and the last list of what it imports counts:
so there is one list, here. What is not on it is imported again in every fork (a second for the command line alone).
"""

from __future__ import annotations

import multiprocessing
from typing import Final

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([
    "great_expectations", "pandas", "boto3", "duckdb", "pyarrow.parquet",
    # what commands and steps import when they begin
    "social_archive.cli", "social_archive.cli.settings", "social_archive.doctor", "social_archive.harvest",
    "social_archive.validation.datadocs", "social_archive.platforms.mastodon", "social_archive.platforms.bluesky",
    # the bodies of the forks
    "tests.faults.build_once", "tests.faults.canary_scene", "tests.faults.close_once", "tests.faults.consolidate_once",
    "tests.faults.dispose_once", "tests.faults.follow_once", "tests.faults.harvest_once",
    "tests.social_archive.imports.crashing_import",
])  # fmt: skip
