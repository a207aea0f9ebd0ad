"""Taking an export in: recognise, read all of it once, then parse, judge and commit it in bounded batches.

Nothing is stored before the file was read to its end, so a damaged one leaves nothing behind. A crash between batches
is completed by the same command: what is in the archive already is recognised. The last batch brings the file itself
and the gap that says what it could not contain.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from social_archive.accession import Batch, describe, news
from social_archive.config import Account
from social_archive.crash import crash_point
from social_archive.errors import ConfigError
from social_archive.garbage import few_collections
from social_archive.harvest.committer import Committer, Tally
from social_archive.harvest.report import Judged, Told
from social_archive.imports import importer as importer_named
from social_archive.imports import registry
from social_archive.imports.base import Importer, Item
from social_archive.imports.media import MediaKeeper
from social_archive.imports.source import DOCUMENTS, ImportRefused, Limits, Source, opened
from social_archive.quarantine import quarantine_rows
from social_archive.record import Observation, Unreadable, canonical, now_micros
from social_archive.series import Cohort
from social_archive.store import LARGEST
from social_archive.validation import validate, write_data_docs

if TYPE_CHECKING:
    from social_archive.archive import Archive

_LARGE: Final = 4 << 20  # bytes of documents from which a second process is sure to pay

BATCH: Final = 10_000  # items in one commit
BATCH_MEDIA: Final = 1_000  # attachments in one commit: each is an object that the ledger entry names

Progress = Callable[[str, int, int | None], None]
"""Told (stage, how much, of how much): `checking` and `keeping` in bytes, `taking in` in items."""


class ImportReport(Told, kw_only=True):
    """What one import did; of a dry run, what it would do. Counts and codes, never content."""

    import_id: str
    platform: str
    account: str
    format: str
    file: str
    sha256: str
    dry_run: bool = False
    found: dict[str, int] = msgspec.field(default_factory=dict)  # kind -> items in the file
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    media_stored: int = 0
    media_missing: int = 0
    first: int | None = None  # of what is dated: microseconds UTC
    last: int | None = None
    made_at: int = 0
    kept: str = ""  # "yes", "already", or why not
    shortcomings: list[str] = msgspec.field(default_factory=list)
    entries: list[int] = msgspec.field(default_factory=list)


def run(
    archive: Archive,
    account: Account,
    path: Path,
    *,
    format: str | None = None,
    mapping: Path | None = None,
    keep: bool = True,
    dry_run: bool = False,
    limits: Limits | None = None,
    progress: Progress | None = None,
    batch: int = BATCH,
) -> ImportReport:
    """Take one export of one account in. Running it twice adds nothing.

    Raises ImportRefused (the file is not fit, or nothing is in it) and ConfigError (wrong format or mapping), both
    before anything was stored. `keep` stores the file itself; `dry_run` stores nothing and says what would be.
    """
    tell = progress or (lambda stage, done, total: None)
    with opened(path, limits) as source:
        reader = choose(source, account, format, mapping)
        source.verify(lambda done, total: tell("checking", done, total))
        if keep and source.size > LARGEST and not dry_run:
            raise ImportRefused(
                f"{source.label} has {source.size:,} bytes; one object of the store holds at most {LARGEST:,}.",
                remedy="Keep the file yourself and import with --no-keep, or ask for the export in smaller parts.",
            )
        archive.catalog.catch_up()
        return _Intake(archive, account, source, reader, batch, tell).take(keep=keep, dry_run=dry_run)


# --------------------------------------------------------------------------- recognising


def choose(source: Source, account: Account, format: str | None, mapping: Path | None) -> Importer:
    """The importer for this file: the one that was named, or the one that recognises it."""
    from social_archive.imports.mapped import Mapped

    if mapping is not None:
        if format not in (None, Mapped.name):
            raise ConfigError(f"--mapping belongs to the format mapped, not to {format}.", remedy="Leave one out.")
        return Mapped.described_by(mapping)
    if format == Mapped.name:
        raise ConfigError("The format mapped needs --mapping FILE.", remedy="docs/imports.md has an example of one.")
    candidates = [importer_named(format)] if format else [cls for cls in registry().values() if cls is not Mapped]
    fitting = [cls() for cls in candidates if cls().recognises(source)]
    own = [one for one in fitting if one.platform in ("", account.platform)]
    if own:
        return own[0]
    if fitting:
        raise ConfigError(
            f"{source.label} is of {fitting[0].title}, but the account {account.name!r} is on {account.platform}.",
            remedy=f"Name an account on {fitting[0].platform} with --account. Nothing was stored.",
        )
    raise ImportRefused(_not_recognised(source, [cls() for cls in candidates]), remedy=(
        "Nothing was stored. If the file is a table, describe its columns with --mapping (docs/imports.md); if it is "
        "the HTML variant of a download, ask the platform for JSON."
    ))  # fmt: skip


def _not_recognised(source: Source, candidates: list[Importer]) -> str:
    looked = "; ".join(f"{one.name}: {one.looks_for}" for one in candidates)
    names = sorted(source.members)
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else "")
    return f"{source.label} is no export that the archive knows. Looked for {looked}. Found {shown or 'no file'}."


# --------------------------------------------------------------------------- taking in


class _Intake:
    """One import, from the first item to the gap."""

    def __init__(
        self, archive: Archive, account: Account, source: Source, reader: Importer, batch: int, tell: Progress
    ) -> None:
        self.archive, self.account, self.source, self.reader = archive, account, source, reader
        self.batch, self.tell = batch, tell
        now = now_micros()
        self.made_at = min(reader.made_at(source) or source.newest or now, now)
        self.report = ImportReport(
            import_id=uuid.uuid4().hex, platform=account.platform, account=account.name, format=reader.name,
            file=source.label, sha256=source.sha256, made_at=self.made_at, shortcomings=list(reader.shortcomings),
        )  # fmt: skip
        self.media = MediaKeeper(archive, source, account)
        self.schedule = archive.schedule
        self.waiting = archive.catalog.open_quarantine(account.platform, account.name)
        self.longest: Cohort | None = None
        self.seen = 0
        self.gap_is_new = False
        self.evidence: list[dict[str, Any]] = []

    def take(self, *, keep: bool, dry_run: bool) -> ImportReport:
        self.report.dry_run = dry_run
        if dry_run:
            self._rehearse()
            return self.report
        with few_collections(), Committer(self.archive, self.account, self.report.import_id) as committer:
            if sum(self.source.members[name].size for name in self.source.names(*DOCUMENTS)) > _LARGE:
                committer.warm()
            for items in self._batches():
                committer.take(self._judged(items))
                crash_point("between-batches")
            last = self._judged([self._gap()])
            if keep:
                last.kept = self._keep()
            else:
                self.report.kept = "not asked to"
            committer.take(last)
            for tally in committer.tallies():
                self._count(tally)
        if not self.gap_is_new:
            self.report.unchanged -= 1  # the gap is no item of the file
        self.report.media_stored, self.report.media_missing = self.media.stored, self.media.missing
        if self.report.entries:
            write_data_docs(self.evidence, self.archive.state / "data-docs")
        return self.report

    def _batches(self) -> Iterator[list[Item]]:
        """The export's items, ready to be judged, in bounded pieces. An export with nothing in it is refused."""
        items: list[Item] = []
        media = 0
        for item in self.reader.records(self.source, self.account):
            self._prepare(item)
            items.append(item)
            media += len(item.media) if isinstance(item, Observation) else 0
            if len(items) >= self.batch or media >= BATCH_MEDIA:
                yield items
                self.tell("taking in", self.seen, None)
                items, media = [], 0
        if not self.seen:
            raise ImportRefused(
                f"{self.source.label} is a {self.reader.title} export, but there is no item in it.",
                remedy="Nothing was stored. Ask for an export that includes posts and comments, for the whole period.",
            )
        if items:
            yield items

    def _prepare(self, item: Item) -> None:
        self.seen += 1
        item.observed_at = self.made_at + min(item.observed_at, 0)
        if isinstance(item, Unreadable):
            self._remember(Observation(kind="comment", native_id="", native=b"", observed_at=item.observed_at))
            return
        item.platform, item.account = self.account.platform, self.account.name
        item.harvest_id, item.adapter = self.report.import_id, self.reader.adapter
        item.flags = (*item.flags, "imported")
        item.http_date = None
        self._remember(item)
        self.report.found[item.kind] = self.report.found.get(item.kind, 0) + 1
        if item.kind not in ("profile", "gap") and item.created_at is not None:
            self.report.first = min(self.report.first or item.created_at, item.created_at)
            self.report.last = max(self.report.last or item.created_at, item.created_at)

    def _remember(self, o: Observation) -> None:
        """The cohort that is disposed of last: the file lives as long as the last record that it quotes."""
        o.platform, o.account = self.account.platform, self.account.name
        cohort = self.schedule.cohort_of(o)
        if self.longest is None or _end(cohort) > _end(self.longest):
            self.longest = cohort

    def _judged(self, items: list[Item]) -> Judged:
        """Part what may become records from what goes to quarantine, and attach the media of what is new."""
        observations = [item for item in items if isinstance(item, Observation)]
        where = (self.account.platform, self.account.name)
        verdict = validate(
            observations, known_ids=lambda ids: self.archive.catalog.known_ids(*where, list(ids)),
            expected_replies={}, now=now_micros(),
        )  # fmt: skip
        quarantined = quarantine_rows(
            verdict.rejected, [item for item in items if isinstance(item, Unreadable)], platform=where[0],
            account=where[1], harvest_id=self.report.import_id, adapter=self.reader.adapter,
        )  # fmt: skip
        if observations:
            self.evidence.append({**verdict.evidence, "platform": where[0], "account": where[1],
                                  "harvest_id": self.report.import_id})  # fmt: skip
        media = self.media.keep(self._new_among(verdict.accepted))
        return Judged(
            observations=verdict.accepted, quarantined=quarantined, media=media, imported=True,
            evidence=verdict.evidence if observations else None, resolved=self._resolved_by(verdict.accepted),
        )  # fmt: skip

    def _resolved_by(self, observations: list[Observation]) -> list[dict[str, str]]:
        """Items of quarantine that an earlier reading of the same bytes had put there (a mapping was corrected)."""
        if not self.waiting:
            return []
        qids = (self.waiting.pop(hashlib.sha256(o.native).hexdigest(), None) for o in observations)
        return [{"qid": qid, "as": "record"} for qid in qids if qid is not None]

    def _new_among(self, observations: list[Observation]) -> list[Observation]:
        with_media = [o for o in observations if o.media]
        return news(self.archive, self._as_batch(with_media)) if with_media else []

    def _as_batch(self, observations: list[Observation]) -> Batch:
        return Batch(
            self.account.platform, self.account.name, self.report.import_id, observations, imported=True
        )

    def _count(self, tally: Tally) -> None:
        if tally.entry is not None:
            self.report.entries.append(tally.entry)
        self.report.unchanged += tally.unchanged
        self.report.quarantined += tally.quarantined
        for what, versions in tally.kinds.items():
            kind, how = what.split(" ")
            if kind == "gap":
                self.gap_is_new = True
                continue
            if how == "changed":
                self.report.changed += versions
            else:
                self.report.new += versions

    # ---------------------------------------------------------------- the file, and what it lacks

    def _gap(self) -> Observation:
        """What this file could not contain, over the span that it covers."""
        gap = Observation(
            kind="gap", native_id=f"gap:import_limits:{self.source.sha256}", body=" ".join(self.reader.shortcomings),
            native=canonical({"gap": "import_limits", "format": self.reader.name, "from": self.report.first,
                              "to": self.report.last, "file": self.source.sha256}),
            state="inaccessible", created_at=self.report.first, gap_reason="import_limits",
            gap_from=self.report.first, gap_to=self.report.last, endpoint=f"import:{self.source.sha256}",
            response_sha256=self.source.sha256, flags=("imported",),
        )  # fmt: skip
        gap.platform, gap.account = self.account.platform, self.account.name
        gap.harvest_id, gap.adapter, gap.observed_at = self.report.import_id, self.reader.adapter, self.made_at
        self._remember(gap)
        return gap

    def _keep(self) -> list[dict[str, object]]:
        """The file itself, under the cohort that lives longest. Described for the ledger; once, whoever asks again."""
        if self.archive.catalog.kept_import(self.source.sha256):
            self.report.kept = "already"
            return []
        assert self.longest is not None
        cohort = self.longest
        self.tell("keeping", 0, self.source.size)
        key = f"{cohort.prefix('imports', self.account.platform, self.account.name)}{uuid.uuid4().hex}"
        with self.source.path.open("rb") as file:
            ref = self.archive.store.put_file(key, file, size=self.source.size, sha256=self.source.sha256)
        self.tell("keeping", self.source.size, self.source.size)
        crash_point("after-keeping")
        self.report.kept = "yes"
        return [describe(ref, cls="import", rows=0, retain_until=cohort.retain_until)]

    # ---------------------------------------------------------------- a dry run

    def _rehearse(self) -> None:
        """Count what would happen, as the archive is now. Nothing is written."""
        for items in self._batches():
            observations = [item for item in items if isinstance(item, Observation)]
            verdict = validate(observations, known_ids=_everything, expected_replies={}, now=now_micros())
            fresh = news(self.archive, self._as_batch(verdict.accepted))
            known = self.archive.catalog.latest(
                self.account.platform, self.account.name, [o.native_id for o in fresh]
            )
            changed = sum(o.native_id in known for o in fresh)
            self.report.new += len(fresh) - changed
            self.report.changed += changed
            self.report.unchanged += len(verdict.accepted) - len(fresh)
            self.report.quarantined += len(verdict.rejected) + len(items) - len(observations)
            for medium in (medium for o in fresh for medium in o.media if medium.outcome == "pending"):
                if self.source.resolve(medium.url) is None:
                    self.report.media_missing += 1
                else:
                    self.report.media_stored += 1


def _everything(ids: list[str]) -> set[str]:
    return set(ids)


def _end(cohort: Cohort) -> tuple[bool, int]:
    """When a cohort may be disposed of, comparable; never is the latest."""
    return (cohort.retain_until is None, cohort.retain_until or 0)


def plain(report: ImportReport) -> dict[str, object]:
    """A report for `--json`."""
    found: dict[str, object] = msgspec.to_builtins(report)
    return found
