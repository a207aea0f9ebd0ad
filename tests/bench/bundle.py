"""The whole answer to a request of 10,000 records, beside the least that anybody would do by hand.

`bundle_10k`: records/s from the confirmed review to the bundle in the store and in the ledger: letter, PDF/A, HTML,
index, logs, native files, a proof for each record, the scan for redacted words, two hashes of everything. Beside it a
plain pipeline: the same texts through reportlab into a PDF, the native files and that PDF through bagit.py into a bag.
The peak of memory is that of the process with all of its children, looked at 20 times a second.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from social_archive.accession import Batch, commit
from social_archive.archive import Archive, open_archive
from social_archive.foia import deciding, letters, requests, review, searching
from social_archive.foia.requests import Incoming, Requester
from social_archive.foia.terms import Terms
from social_archive.record import Observation, micros
from tests.bench.disposal import agency_of_two
from tests.bench.find import WORDS
from tests.bench.harvest import peers_python
from tests.bench.places import open_store
from tests.bench.rows import Row, child, peer_row
from tests.peak_memory import PeakTogether

RECORDS = 10_000
PERSON = ("Zelda Quillfeather (invented)", "zquillfeather", "9913370042")
FOIA = """
foia: {officers: [a], second_reviewers: [b], release_approvers: [b], control_prefix: BEN}
"""


def run(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Row]:
    count = max(50, int(RECORDS * scale))
    with open_store(folder) as place:
        agency = _agency(folder / "agency")
        archive = open_archive(agency, state=folder / "state")
        observations = _remarks(count)
        commit(archive, Batch("mastodon", "bulk", "h", observations))
        number = _confirmed(archive)
        ours = child(sys.executable, "tests.bench.bundle", str(agency), str(folder / "state"), number, env=place.env)
    texts = folder / "texts.jsonl"
    texts.write_text("".join(json.dumps([o.native_id, o.body, o.native.decode()]) + "\n" for o in observations))
    peer = child(peers_python(), str(Path(__file__).with_name("bundle_peer.py")), str(texts), str(folder / "peer"))
    say(f"{count:,} records: ours {ours['seconds']:.1f} s, {ours['peak'] / 1e6:,.0f} MB, a bundle of "
        f"{ours['size'] / 1e6:.0f} MB; bagit.py and reportlab {peer['seconds']:.1f} s")  # fmt: skip
    row = peer_row(count / ours["seconds"], count / peer["seconds"], "bagit.py + reportlab, no proofs", "records/s")
    return {"bundle_10k": {**row, "seconds": round(ours["seconds"], 1), "peak_mb": round(ours["peak"] / 1e6)}}


run.names = ("bundle_10k",)  # type: ignore[attr-defined]


# --------------------------------------------------------------------------- what is answered


def _agency(folder: Path) -> Path:
    made = agency_of_two(folder)
    config = made / "agency.yaml"
    config.write_text(config.read_text().replace("slug: bench,", 'slug: bench, address: "1 Example Lane",') + FOIA)
    return made


def _remarks(count: int) -> list[Observation]:
    """Remarks in threads of twenty; one author in fifty is `PERSON`."""
    dice, now = random.Random(11), datetime.now(UTC)
    made = []
    for n in range(count):
        name, handle, id_ = PERSON if n % 50 == 7 else (f"Invented {n % 900}", f"reader{n % 900}", str(n % 900 + 5_000))
        body = f"The parking lot: {' '.join(dice.choices(WORDS, k=dice.randrange(8, 40)))}"
        parent = None if n % 20 == 0 else str(7_000_000 + n - n % 20)
        who = {"id": id_, "acct": handle, "display_name": name}
        native = {"id": str(7_000_000 + n), "in_reply_to_id": parent, "content": f"<p>{body}</p>", "account": who,
                  "visibility": "public", "created_at": f"2026-03-01T00:{n % 60:02d}"}  # fmt: skip
        made.append(Observation(
            kind="post" if parent is None else "comment", native_id=native["id"], native=json.dumps(native).encode(),
            parent_native_id=parent, root_native_id=parent or str(7_000_000 + n), body=body, body_html=f"<p>{body}</p>",
            author_id=id_, author_name=name, author_handle=handle, platform="mastodon", account="bulk",
            permalink=f"https://social.example/@{handle}/{7_000_000 + n}", harvest_id="h", adapter="mastodon/1",
            created_at=micros(now - timedelta(days=30, seconds=count - n)), observed_at=micros(now),
            http_date=format_datetime(now, usegmt=True), endpoint="https://social.example/api",
        ))  # fmt: skip
    return made


def _confirmed(archive: Archive) -> str:
    """A request, searched, reviewed (a person is taken out, some are withheld), confirmed, with its letter."""
    who = Requester(name="Quentin Harrow (invented)", email="q.harrow@example.com")
    request = requests.receive(archive, Incoming(requests.today(archive), "email", who, "All about the parking lot."),
                               by="a", via="cli")  # fmt: skip
    searching.freeze(archive, request, Terms(phrases=("parking lot",)), by="a", via="cli")
    items = review.review(archive, request.id).items
    deciding.withhold(archive, request.id, [item.hit.place for item in items[10::500]], codes=["LOR 4(a)"], by="a",
                      via="cli")  # fmt: skip
    deciding.release(archive, request.id, by="a", via="cli")
    deciding.redact_person(archive, request.id, 8, codes=["LOR 4(a)"], by="a", via="cli")
    reviewed = review.review(archive, request.id)
    review.confirm(archive, request.id, plan=reviewed.plan, by="b", via="cli")
    facts = {"date": requests.today(archive), "search": "The page", "responsible": ["a"]}
    now = requests.load(archive, request.id)
    drafted = letters.draft(archive, now, letters.response_kind(reviewed), by="a", facts=facts, reviewed=reviewed)
    letters.enter(archive, now, drafted, by="a", via="cli")
    return request.number


# --------------------------------------------------------------------------- ours, in a process of its own


def main(agency: str, state: str, number: str) -> None:
    from social_archive.foia.bundle.build import build

    archive = open_archive(Path(agency), state=Path(state))
    archive.catalog.catch_up()
    with PeakTogether() as peak:
        started = time.perf_counter()
        steps: list[tuple[str, float]] = []
        built = build(archive, number, by="a", via="cli",
                      progress=lambda what, done, of: steps.append((what, time.perf_counter() - started)))  # fmt: skip
        seconds = time.perf_counter() - started
    firsts = {what: round(at, 2) for what, at in reversed(steps)}
    print(json.dumps({"seconds": seconds, "peak": peak.most, "size": built.size, "totals": built.totals,
                      "steps": dict(sorted(firsts.items(), key=lambda one: one[1]))}))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
