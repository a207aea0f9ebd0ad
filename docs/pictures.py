"""Make the pictures in docs/images: terminals from what the commands really print, and the first pages of papers.

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
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from sandbox import control, folder, tour
from social_archive.archive import Archive, open_archive
from social_archive.config import load_agency
from social_archive.coverage import encode
from social_archive.documents import certificate as certificate_pages
from social_archive.documents import coverage as coverage_pages
from social_archive.documents import worksheet as worksheet_pages
from social_archive.documents.typesetting import source
from social_archive.harvest import run
from social_archive.note import Signer
from social_archive.retention import certificate, disposal, execution, holds, proposal, schedules, tags
from social_archive.retention.disposal import Disposal
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
    sys.path.append(str(IMAGES.parents[1]))
    from tests.social_archive.statements import statement

    stated = statement()
    data = coverage_pages.content(stated, hashlib.sha256(encode(stated)).hexdigest())
    _first_page("coverage", coverage_pages.TEMPLATE, data)


def _first_page(name: str, template: str, data: dict[str, Any]) -> None:
    import typst

    made = typst.compile(**source(template, data), format="png", ppi=110.0)
    (IMAGES / f"{name}.png").write_bytes(made[0] if isinstance(made, list) else made)


def _archive_pictures(state: Path, store: seaweed.Seaweed, urls: dict[str, str]) -> None:
    agency = folder.agency_folder(state / "agency", urls)
    config = load_agency(agency)
    who, disposer = store.identities["archive"], store.identities["disposer"]
    os.environ |= folder.environment() | {
        "ARCHIVE_AGENCY": str(agency),
        "ARCHIVE_STATE": str(state),
        "ARCHIVE_S3_ENDPOINT": store.endpoint,
        "ARCHIVE_S3_ACCESS_KEY": who.access_key,
        "ARCHIVE_S3_SECRET_KEY": who.secret_key,
        "ARCHIVE_S3_DISPOSER_ACCESS_KEY": disposer.access_key,
        "ARCHIVE_S3_DISPOSER_SECRET_KEY": disposer.secret_key,
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
    _disposal_pictures(archive, rid)
    key = f"entries/{1:020d}.jsonl"
    body = archive.ledger_store.get(key)
    archive.ledger_store.put(key, body.replace(b'"t":"record"', b'"t":"forged"', 1))
    picture("ledger-tampered", "ledger", "verify")
    archive.close()


def _disposal_pictures(archive: Archive, tagged: str) -> None:
    """A disposal of the invented library from its proposal to its certificate, with something kept by a hold."""
    schedules.propose(archive, by="records", via="cli", reason="First version (invented)")
    tags.add(archive, [tagged], "local-history", by="records", reason="Shown in the exhibition (invented)")
    picture("why", "why", tagged[:12])
    holds.place(
        archive, kind="records_request", matter="Request 26-17 (invented)", mandate="A letter (invented)",
        by="records", via="cli", review=date.today() + timedelta(days=60),
        scope=holds.Scope(text="winter reading", account="larkspur-kids"),
    )  # fmt: skip
    d = _approved(archive)
    picture("disposal", "disposal", "show")
    worksheet = json.loads(disposal.read(archive, d.id, "worksheet.json"))
    _first_page("worksheet", worksheet_pages.TEMPLATE, worksheet_pages.content(worksheet))
    execution.execute(archive, d.id, by="admin")
    while not execution.verify(archive, d.id).done:
        pass
    number = certificate.certify(archive, d.id, by="records").number
    body = certificate.read(archive, number, "certificate.json")
    data = certificate_pages.content(json.loads(body), hashlib.sha256(body).hexdigest())
    _first_page("certificate", certificate_pages.TEMPLATE, data)
    picture("audit", "audit")


def _approved(archive: Archive) -> Disposal:
    """What is due, proposed by IT, returned by the Commission, approved by two people."""
    d = proposal.propose(archive, by="admin", via="cli")
    assert d is not None, "the sample library has posts that are past their time"
    today = datetime.now(UTC).date()
    disposal.filed(archive, d.id, on=today, by="records", via="cli")
    disposal.returned(archive, d.id, outcome="approved", reference="LRC 26-118 (invented)", on=today, by="records",
                      via="cli")  # fmt: skip
    disposal.approve(archive, d.id, plan=d.plan, by="records", via="cli", place=1)
    return disposal.approve(archive, d.id, plan=d.plan, by="director", via="cli", place=2)


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
