"""One harvest of the volume server in this process; prints rows and the peak memory (MB) of it and of its child."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from social_archive.archive import open_archive
from social_archive.harvest import run


def main(agency: str, state: str) -> None:
    archive = open_archive(Path(agency), state=Path(state))
    report = run(archive, archive.account("bulk"))
    assert report.outcome == "ok", report.message
    peaks = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"comments": report.comments + report.replies, "reader_mb": peaks[0], "committer_mb": peaks[1]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
