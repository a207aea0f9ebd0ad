"""The peer of `bundle_10k`: texts into a PDF with reportlab, PDF and native files into a bag with bagit.py.

Runs in a virtual environment of its own (requirements-bench.txt). Prints one JSON line: its seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from xml.sax.saxutils import escape


def main(texts: str, folder: str) -> None:
    import bagit
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    rows = [json.loads(line) for line in Path(texts).read_text().splitlines()]
    started = time.perf_counter()
    bag = Path(folder)
    (bag / "native").mkdir(parents=True)
    style = getSampleStyleSheet()["BodyText"]
    story = [part for id_, body, _ in rows for part in (Paragraph(f"<b>{id_}</b> {escape(body)}", style), Spacer(1, 6))]
    SimpleDocTemplate(str(bag / "records.pdf")).build(story)
    for id_, _, native in rows:
        (bag / "native" / f"{id_}.json").write_text(native)
    bagit.make_bag(folder, checksums=["sha256", "sha512"], processes=2)
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main(*sys.argv[1:])
