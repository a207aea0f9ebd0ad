"""One harvest of the volume server in this process; prints rows and the peak memory (MiB) of it and of its child."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from social_archive.archive import open_archive
from social_archive.harvest import run
from tests.peak_memory import ChildrensPeak, peak_mb


def main(agency: str, state: str) -> None:
    archive = open_archive(Path(agency), state=Path(state))
    with ChildrensPeak() as child:
        report = run(archive, archive.account("bulk"))
    assert report.outcome == "ok", report.message
    told = {"comments": report.comments + report.replies, "reader_mb": peak_mb(), "committer_mb": child.mb}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
