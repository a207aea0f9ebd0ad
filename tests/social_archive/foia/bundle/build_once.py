"""Build the bundle of one request in a process of its own, which a crash point may end."""

from __future__ import annotations

import sys
from pathlib import Path

from social_archive.archive import open_archive
from social_archive.foia.bundle.build import build

if __name__ == "__main__":
    folder, state, number = sys.argv[1:]
    print(build(open_archive(Path(folder), state=Path(state)), number, by="records", via="cli").sha256)
