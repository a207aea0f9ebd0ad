"""Our side of `import_*`, in a process of its own; prints its result as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(agency: str, state: str, platform: str, file: str) -> None:
    from social_archive.archive import open_archive
    from social_archive.imports import intake
    from social_archive.validation.suite import Suites

    Suites()  # importing Great Expectations takes seconds, once per process, whatever is imported
    archive = open_archive(Path(agency), state=Path(state))
    started = time.perf_counter()
    report = intake.run(archive, archive.account("bulk", platform), Path(file))
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "new": report.new, "quarantined": report.quarantined}))


if __name__ == "__main__":
    main(*sys.argv[1:])
