"""`make tour`: the life of a record in the sample agency, told step by step, on a store and platforms of its own.

Nothing is staged: the same harvest, the same commands and the same embedded store as everywhere else, in a folder that
the next tour begins anew. Ends with a table of steps; `tour.json` beside the state folder holds it for machines.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table

from sandbox import control, exports, folder, tour_policy, tour_requests, tour_retention
from sandbox.platforms import registry
from sandbox.story import build
from social_archive.archive import Archive, open_archive
from social_archive.config import Account, load_agency
from social_archive.harvest import HarvestReport, run
from social_archive.note import Signer
from social_archive.stack import seaweed
from social_archive.store import ensure_buckets

MAIN = "larkspur"
_SHOWN = ("present", "hidden", "held_for_review")


@dataclass
class Step:
    """One step as told: `figure` is the number a visitor should remember."""

    name: str
    ok: bool
    figure: str
    seconds: float


@dataclass
class Tour:
    """A running tour: the archive, the platforms' control, and what has been shown so far."""

    archive: Archive
    controls: dict[str, control.Control]
    console: Console
    steps: list[Step] = field(default_factory=list)
    remembered: dict[str, Any] = field(default_factory=dict)

    @property
    def mastodon(self) -> control.Control:
        return self.controls["mastodon"]

    def accounts(self, *, real: bool) -> list[Account]:
        """Those on the platforms whose real servers the tests also meet, or all the others."""
        return [a for a in self.archive.agency.accounts if (a.platform in ("mastodon", "bluesky")) is real]

    def harvest(self, account: str = MAIN) -> HarvestReport:
        with self.console.status(f"harvesting {account}"):
            return run(self.archive, self.archive.account(account))

    def command(self, *words: str, show: bool = True, code: int = 0) -> str:
        """Run `archive …` as a person would and show what it prints; a wrong exit code fails the step."""
        if show:
            typed = " ".join(shlex.quote(os.path.relpath(w) if w.startswith("/") else w) for w in words)
            self.console.print(f"\n[bold]$[/bold] archive {typed}", highlight=False, soft_wrap=True)
        done = subprocess.run(
            [sys.executable, "-m", "social_archive", "--agency", str(self.archive.agency.folder),
             "--state", str(self.archive.state), *words],
            capture_output=True, text=True, env={**os.environ, "COLUMNS": str(self.console.width - 4)}, check=False,
        )  # fmt: skip
        if show:
            lines = (done.stdout if code in (0, 3) else done.stderr).rstrip().splitlines()
            cut = lines if len(lines) <= 24 else [*lines[:22], f"… {len(lines) - 22} more lines"]
            self.console.print("\n".join(f"  {line}" for line in cut), markup=False, highlight=False, soft_wrap=True)
        if done.returncode != code:
            raise AssertionError(f"`archive {words[0]}` ended with {done.returncode}, not {code}: {done.stderr[-400:]}")
        return done.stdout

    def asked(self, *words: str) -> Any:
        """The same as data."""
        return json.loads(self.command("--json", *words, show=False))


# --------------------------------------------------------------------------- the steps


def harvest(t: Tour) -> str:
    """**Harvest.** Accounts are read: posts, comments, replies at every depth, the profile, the pictures. Each
    becomes a row of Parquet in the locked bucket; one ledger entry makes a batch of them records."""
    reports = [t.harvest(a.name) for a in t.accounts(real=True)]
    for r in reports:
        note = f"  ({r.outcome}: {r.message.split('. ')[0]})" if r.outcome != "ok" else ""
        t.console.print(
            f"  {r.platform}/{r.account:24} {r.posts:4} posts {r.comments:4} comments {r.replies:4} replies{note}",
            markup=False, highlight=False,
        )  # fmt: skip
    taken = sum(r.new for r in reports)
    assert taken > 500
    assert sum(r.outcome == "ok" for r in reports) >= len(reports) - 1
    return f"{taken} records"


def import_(t: Tour) -> str:
    """**Import.** What the library downloaded from a platform before it had an archive comes in too: checked like a
    harvest, kept with its file, and a gap says what such a download cannot contain. Twice is the same as once."""
    taken = 0
    for platform in ("facebook", "youtube"):
        anchor = date.fromisoformat(t.controls[platform].state()["anchor"])
        world = build(platform, anchor)
        download = t.archive.state / f"{platform}-download.zip"
        exports.write(platform, world, MAIN, download, registry()[platform](world, t.controls[platform].url))
        t.command("import", str(download), "--account", f"larkspur-{platform}")
        again = t.asked("import", str(download), "--account", f"larkspur-{platform}")
        assert again["new"] == 0
        taken += again["unchanged"]
    assert taken > 50
    t.remembered["imported"] = taken
    return f"{taken} records imported, 0 the second time"


def every_platform(t: Tour) -> str:
    """**Every platform.** Facebook, Instagram, Threads, YouTube, X, Flickr, TikTok, LinkedIn, Pinterest: each is read
    to the last record that it shows, and compared with the truth. What was imported joins with what is harvested."""
    whole = 0
    for account in t.accounts(real=False):
        report = t.harvest(account.name)
        shown = {i["id"]: i for i in t.controls[account.platform].truth(MAIN) if i["state"] in _SHOWN}
        known = t.archive.catalog.latest(account.platform, account.name, list(shown))
        assert report.outcome == "ok", f"{account.name}: {report.message}"
        assert {i: k.state for i, k in known.items()} == {i: item["state"] for i, item in shown.items()}, account.name
        gaps = ", ".join(sorted({gap.reason for gap in report.gaps}))
        t.console.print(
            f"  {account.platform:10} {report.posts:4} posts {report.comments:4} comments {report.replies:4} replies"
            f"   equals what the platform shows{f'   (gap: {gaps})' if gaps else ''}", markup=False, highlight=False,
        )  # fmt: skip
        whole += len(shown)
    return f"{len(t.accounts(real=False))} platforms, {whole} records, all equal"


def second_run_adds_nothing(t: Tour) -> str:
    """**Again.** Nothing has changed, so nothing may be written: not an object, not a ledger entry."""
    before = t.archive.ledger.head().n
    report = t.harvest()
    assert report.entries == []
    assert t.archive.ledger.head().n == before
    return f"{report.unchanged} seen, 0 written"


def edit_makes_a_version(t: Tour) -> str:
    """**An edit.** Somebody rewrites a comment on the platform. Both versions are kept; a like would make none."""
    comment = t.mastodon.role("editable_comment")
    t.mastodon.edit(comment, "On second thought: the summer reading kick-off was wonderful. (invented)")
    report = t.harvest()
    assert (report.changed, report.new) == (1, 0)
    known = t.archive.catalog.latest("mastodon", MAIN, [comment])[comment]
    t.remembered["rid"] = known.rid
    t.command("show", known.rid)
    assert known.version == 2
    return f"version {known.version}"


def quarantine(t: Tour) -> str:
    """**Quarantine.** Some items cannot be records: a key twice, a date in the year 9999. They are kept, their bytes
    and the reason, and hold up nobody else."""
    t.command("quarantine", "list")
    items = t.archive.catalog.quarantine_items()
    assert items
    return f"{len(items)} items held"


def gap(t: Tour) -> str:
    """**A gap.** The login dies. The archive writes down that it could not see, from when to when; a later harvest
    closes the gap and says what can never be known."""
    t.mastodon.expire_tokens(MAIN)
    blind = t.harvest()
    t.console.print(f"  {blind.outcome}: {blind.message}", markup=False, highlight=False)
    assert [g.reason for g in blind.gaps] == ["login_expired"]
    t.mastodon.renew_tokens(MAIN)
    seeing = t.harvest()
    assert any(g.closed and g.reason == "login_expired" for g in seeing.gaps)
    return "1 gap, opened and closed"


def dead_login_pauses_one(t: Tour) -> str:
    """**One dead login.** An account whose login is dead waits alone: the others are read, its gap is on record, and
    the daily digest names it once, with what to do."""
    reports = [t.harvest(a.name) for a in t.archive.agency.accounts]
    paused = [f"{r.platform}/{r.account}" for r in reports if r.outcome == "paused"]
    assert len(paused) == 1
    assert all(r.outcome == "ok" for r in reports if f"{r.platform}/{r.account}" not in paused)
    t.command("digest")
    named = [m["account"] for m in t.asked("digest")["matters"] if m["code"] == "login_expired"]
    assert named == paused
    return f"1 paused, {len(reports) - 1} read, 1 notice"


def coverage(t: Tour) -> str:
    """**Coverage.** A statement of what was walked, what is stored, what is missing and what can be claimed: as data,
    as a signed note, and as one page to read. Whoever gets it can check it; an altered one is refused."""
    folder = t.archive.state / "statements"
    t.command("coverage", MAIN, "-o", str(folder))
    statement = folder / f"mastodon-{MAIN}.json"
    t.command("coverage", "verify", str(statement))
    stated = json.loads(statement.read_bytes())
    assert "Not covered: 1 span in which the login had expired." in stated["claim"]["cannot"]
    forged = folder / "forged.json"
    forged.write_bytes(statement.read_bytes().replace(b'"closed":true', b'"closed":null', 1))
    shutil.copy(folder / f"mastodon-{MAIN}.note.txt", folder / "forged.note.txt")
    t.command("coverage", "verify", str(forged), code=3)
    return f"{stated['looks']['kept']} looks, {len(stated['gaps'])} gaps stated"


def find(t: Tour) -> str:
    """**Find.** One box over everything that was ever harvested; gaps that overlap the answer are named with it."""
    t.command("find", "summer reading", "--limit", "4")
    answer = t.asked("find", "summer reading")
    assert answer["total"] > 3
    return f"{answer['total']} hits"


def prove(t: Tour) -> str:
    """**Prove.** A proof of one record, in one file: the ledger's leaf, the path to the signed root, only the fields
    you choose to reveal. It is checked without the archive and without a network."""
    proof = t.archive.state / "proof.json"
    t.command("prove", t.remembered["rid"], "-o", str(proof), "--reveal", "body,times,origin")
    t.command("verify-proof", str(proof))
    altered = json.loads(proof.read_text())
    for revealed in altered["fields"]:
        if revealed["name"] == "body":
            revealed["value"] = {"s": "Words that were never said."}
    forged = proof.with_name("forged.json")
    forged.write_text(json.dumps(altered))
    t.command("verify-proof", str(forged), code=3)
    return "true one holds, forged one does not"


def tamper_is_named(t: Tour) -> str:
    """**Tamper.** Somebody with the store's own keys writes a forged entry over an old one. The first version is
    the truth; verification names the key."""
    key = f"entries/{1:020d}.jsonl"
    body = t.archive.ledger_store.get(key)
    t.remembered["answers"] = _answers(t)
    t.command("ledger", "verify")
    t.archive.ledger_store.put(key, body.replace(b'"t":"record"', b'"t":"forged"', 1))
    named = json.loads(t.command("--json", "ledger", "verify", show=False, code=3))
    t.command("ledger", "verify", code=3)
    findings = [f for f in named["findings"] if f["key"] == key]
    assert findings
    return f"{findings[0]['code']} named"


def rebuild(t: Tour) -> str:
    """**Rebuild.** Everything but the bucket is deleted. The answers come back byte for byte."""
    shutil.rmtree(t.archive.cache)
    t.command("rebuild")
    assert _answers(t) == t.remembered["answers"]
    return f"{len(t.remembered['answers'])} bytes, identical"


def _answers(t: Tour) -> str:
    return t.command("--json", "find", "--limit", "5000", show=False) + t.command(
        "--json", "show", t.remembered["rid"], show=False
    )


STEPS: tuple[Callable[[Tour], str], ...] = (
    harvest, import_, every_platform, second_run_adds_nothing, edit_makes_a_version, quarantine, gap,
    dead_login_pauses_one, coverage, find, prove, *tour_policy.STEPS, *tour_requests.STEPS,
    *tour_retention.STEPS, tamper_is_named, rebuild,
)  # fmt: skip


# --------------------------------------------------------------------------- the frame


def walk(state: Path, console: Console) -> list[Step]:
    """Walk all steps; a failed one is told and ends the tour. Writes `<state>/tour.json`."""
    with _stage(state / "tour", console) as tour:
        for step in STEPS:
            if not _told(tour, step):
                break
    (state / "tour.json").write_text(json.dumps([asdict(s) for s in tour.steps], indent=2) + "\n")
    _table(tour)
    return tour.steps


def _told(tour: Tour, step: Callable[[Tour], str]) -> bool:
    tour.console.print()
    tour.console.print(Panel(Markdown(" ".join((step.__doc__ or "").split())), border_style="blue"))
    started = time.monotonic()
    try:
        figure, ok = step(tour), True
    except Exception as failure:
        figure, ok = f"{type(failure).__name__}: {failure}", False
    tour.steps.append(Step(step.__name__.rstrip("_"), ok, figure, round(time.monotonic() - started, 1)))
    tour.console.print(f"  {'✓' if ok else '✗'} {figure}", style="green" if ok else "red", markup=False)
    return ok


@contextmanager
def _stage(state: Path, console: Console) -> Iterator[Tour]:
    """A fresh store, fresh platforms and a fresh agency folder for this tour; stopped at the end, left to look at."""
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    with console.status("starting an object store and the sample platforms"):
        store = seaweed.start(state, s3_port=None, die_with_parent=True)
    try:
        with control.running(state / "sandbox") as urls:
            agency = folder.agency_folder(state / "agency", urls)
            config = load_agency(agency)
            who, disposer = store.identities["archive"], store.identities["disposer"]
            key = Signer.generate(config.ledger.origin)
            os.environ |= folder.environment() | {
                "ARCHIVE_S3_ENDPOINT": store.endpoint,
                "ARCHIVE_S3_ACCESS_KEY": who.access_key,
                "ARCHIVE_S3_SECRET_KEY": who.secret_key,
                "ARCHIVE_S3_DISPOSER_ACCESS_KEY": disposer.access_key,
                "ARCHIVE_S3_DISPOSER_SECRET_KEY": disposer.secret_key,
                config.ledger.signing_key.partition(":")[2]: key.text(),
            }
            ensure_buckets(config.store, client=store.client("admin"))
            controls = {name: control.Control(url) for name, url in urls.items()}
            yield Tour(open_archive(agency, state=state), controls, console)
    finally:
        store.stop()


def _table(tour: Tour) -> None:
    table = Table(title="The tour")
    for column in ("step", "ok", "figure", "seconds"):
        table.add_column(column, justify="right" if column == "seconds" else "left")
    for s in tour.steps:
        table.add_row(s.name, "✓" if s.ok else "✗", s.figure, f"{s.seconds:.1f}")
    tour.console.print()
    tour.console.print(table)
