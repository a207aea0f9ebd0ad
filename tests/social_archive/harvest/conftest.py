from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from social_archive.config import StoreConfig
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.scripted import Script


@pytest.fixture
def library(buckets: StoreConfig, tmp_path: Path) -> Callable[[Script], ScriptedArchive]:
    """Opens the archive of a test library whose one account is read from a script, on the real store."""

    def opened(script: Script) -> ScriptedArchive:
        return scripted_archive(agency_folder(tmp_path / "agency", buckets.bucket), tmp_path / "state", script)

    return opened
