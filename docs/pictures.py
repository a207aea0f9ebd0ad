"""Make the pictures in docs/images: terminals from what the commands really print, and a page of coverage.

    .venv/bin/python docs/pictures.py STATE [TOUR_JSON]

STATE is a new folder: an embedded store, the sandbox and the sample library's archive are made in it and stopped at
the end. TOUR_JSON (default `.archive/tour.json`) is what `make tour` left; its table becomes a picture too.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from sandbox import control, folder, tour
from social_archive.archive import open_archive
from social_archive.config import load_agency
from social_archive.coverage import encode
from social_archive.documents.coverage import TEMPLATE, content
from social_archive.documents.typesetting import source
from social_archive.harvest import run
from social_archive.note import Signer
from social_archive.stack import seaweed
from social_archive.store import ensure_buckets

IMAGES = Path(__file__).parent / "images"
WIDTH = 104


def main(state: Path, tour_json: Path) -> None:
    IMAGES.mkdir(exist_ok=True)
    _coverage_page()
    if tour_json.exists():
        _tour_table(tour_json)
    store = seaweed.start(state, s3_port=seaweed.free_port(), die_with_parent=True)
    try:
        with control.running(state / "sandbox") as urls:
            _archive_pictures(state, store, urls)
    finally:
        store.stop()


def _coverage_page() -> None:
    """The page of a coverage statement, of the invented year that its tests use."""
    import typst

    sys.path.append(str(IMAGES.parents[1]))
    from tests.social_archive.statements import statement

    stated = statement()
    data = content(stated, hashlib.sha256(encode(stated)).hexdigest())
    picture = typst.compile(**source(TEMPLATE, data), format="png", ppi=110.0)
    (IMAGES / "coverage.png").write_bytes(picture)


def _archive_pictures(state: Path, store: seaweed.Seaweed, urls: dict[str, str]) -> None:
    agency = folder.agency_folder(state / "agency", urls)
    config = load_agency(agency)
    who = store.identities["archive"]
    os.environ |= folder.environment() | {
        "ARCHIVE_AGENCY": str(agency),
        "ARCHIVE_STATE": str(state),
        "ARCHIVE_S3_ENDPOINT": store.endpoint,
        "ARCHIVE_S3_ACCESS_KEY": who.access_key,
        "ARCHIVE_S3_SECRET_KEY": who.secret_key,
        config.ledger.signing_key.partition(":")[2]: Signer.generate(config.ledger.origin).text(),
    }
    ensure_buckets(config.store, client=store.client("admin"))
    archive = open_archive(agency, state=state)
    mastodon = control.Control(urls["mastodon"])
    for account in archive.agency.accounts:
        run(archive, account)
    comment = mastodon.role("editable_comment")
    mastodon.edit(comment, "On second thought: the summer reading kick-off was wonderful. (invented)")
    run(archive, archive.account("larkspur"))
    rid = archive.catalog.latest("mastodon", "larkspur", [comment])[comment].rid

    picture("find", "find", "summer reading", "--account", "larkspur", "--limit", "4")
    picture("show", "show", rid[:12], lines=46)
    key = f"entries/{1:020d}.jsonl"
    body = archive.ledger_store.get(key)
    archive.ledger_store.put(key, body.replace(b'"t":"record"', b'"t":"forged"', 1))
    picture("ledger-tampered", "ledger", "verify")
    archive.close()


def picture(name: str, *words: str, lines: int | None = None) -> None:
    """One command's output as docs/images/<name>.svg, in the colours of a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "social_archive", *words], capture_output=True, text=True, check=False,
        env={**os.environ, "FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color",
             "COLUMNS": str(WIDTH)},
    )  # fmt: skip
    printed = done.stdout.rstrip().split("\n")
    if lines is not None and len(printed) > lines:
        printed = [*printed[:lines], f"… {len(printed) - lines} more lines"]
    typed = "archive " + " ".join(f'"{word}"' if " " in word else word for word in words)
    _draw(name, [Text.assemble(("$ ", "bold green"), (typed, "bold")), Text.from_ansi("\n".join(printed))])


def _tour_table(tour_json: Path) -> None:
    steps = [SimpleNamespace(**step) for step in json.loads(tour_json.read_text())]
    console = _recorder(80)
    tour._table(SimpleNamespace(steps=steps, console=console))  # type: ignore[arg-type]
    _save("tour", console)


def _draw(name: str, parts: Sequence[Any]) -> None:
    console = _recorder()
    for part in parts:
        console.print(part, soft_wrap=False)
    _save(name, console)


def _recorder(width: int = WIDTH) -> Console:
    return Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor",
                   highlight=False)  # fmt: skip


def _save(name: str, console: Console) -> None:
    """As SVG that loads nothing from elsewhere: the reader's own monospace font instead of a downloaded one."""
    svg = console.export_svg(title="archive", theme=MONOKAI, unique_id=name)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", "'DejaVu Sans Mono', Menlo, Consolas, monospace")
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # some readers trim the spaces between two colours
    (IMAGES / f"{name}.svg").write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2] if len(sys.argv) > 2 else ".archive/tour.json"))
