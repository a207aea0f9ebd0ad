"""From a confirmed review to one file that answers the request and proves that it leaves nothing out.

Everything follows from `Contents`, so a build that was killed is simply done again, with the same bytes. The zip gets
its name when it is complete, its place in the store when every check has passed, and counts with its ledger entry.
"""

from __future__ import annotations

import fcntl
import importlib
import shutil
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.crash import crash_point
from social_archive.errors import ArchiveError, NotFound
from social_archive.foia import as_decided, request_file, requests, verify
from social_archive.foia.bundle import bag, proofs, records_pdf
from social_archive.foia.bundle.model import Contents, Evidence, File, Options, Part
from social_archive.foia.bundle.press import HERE, Elsewhere, Press
from social_archive.foia.bundle.zipping import Hashed
from social_archive.foia.leaks import Gate
from social_archive.foia.request_file import RequestFile, RequestRefused
from social_archive.garbage import few_collections
from social_archive.retention.people import acting
from social_archive.store import LARGEST

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.config import Agency
    from social_archive.foia.dispositions import Reviewed, Term
    from social_archive.foia.request_file import Event
    from social_archive.foia.requests import Request

PARTS: Final[tuple[str, ...]] = (
    "records_html", "index", "native", "request_paper", "withholding_log", "search_statement",
    "certification", "readme", "load_files", "proofs",
)  # fmt: skip
"""Modules of this package that write the payload, beside `records_pdf`, which takes longest. Each has
`write(contents)`."""

TWO_PROCESSES: Final = 1_000
"""Records of a bundle for which a second process is worth starting."""

LETTER: Final = "1-response-letter.pdf"
CHECK: Final = "verify.py"

PLAIN: Final = Options()

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


CHECKED_WHOLE: Final = 2_000
"""Records of a bundle that is checked in full before it is stored."""

_MOST_TOLD: Final = 5


class NotAccepted(ArchiveError):
    """The bundle that was made is not one that its own check accepts. It was not stored, and nothing went out."""

    remedy = (
        "Look at the named records (archive foia review NUMBER --hit N), decide about them again and have the review "
        "confirmed again. If nothing is wrong with them, report this as an error."
    )


@dataclass(frozen=True)
class Built:
    """A bundle that is in the archive. `path`: its copy on this machine. `event`: its place in the request's file."""

    name: str
    path: Path
    sha256: str
    size: int
    totals: dict[str, int]
    event: Event


# --------------------------------------------------------------------------- what goes in


UNPROVEN: Final = Evidence("", 0, b"", "", "", b"", b"", b"")
"""Stands for the evidence while it is still gathered and the longest part, which shows none of it, is written."""


def contents(archive: Archive, request: Request, options: Options, work: Path,
             progress: Progress = lambda what, done, of: None) -> Contents:  # fmt: skip
    """Everything that the bundle of a request is made from, as its confirmed review has it. `work`: for proof lines.

    Raises RequestRefused if something is not yet in order; Incomplete, CannotProve, LedgerError.
    """
    return proven(archive, unproven(archive, request, options, progress), work, progress)


def unproven(archive: Archive, request: Request, options: Options,
             progress: Progress = lambda what, done, of: None) -> Contents:  # fmt: skip
    """The same, still without its evidence. Raises RequestRefused."""
    from social_archive.foia.periods import deadline_of, law_of
    from social_archive.foia.shown import shown_items
    from social_archive.law_exemptions import load_exemptions

    reviewed, confirmed = require_ready(archive, request.file)
    progress("Reading the records", 0, 2)
    at = confirmed.time.astimezone(UTC).replace(microsecond=0)
    day = at.astimezone(ZoneInfo(archive.agency.body.time_zone)).date()
    return Contents(
        agency=archive.agency, request=request, reviewed=reviewed, items=shown_items(archive, reviewed),
        at=at, confirmed=confirmed, options=options, evidence=UNPROVEN, letter=_letter(request.file),
        coverage=_coverage(request.file, reviewed), due=deadline_of(archive, request),
        law=law_of(archive, request.received), exemptions=load_exemptions(archive.agency, day),
    )  # fmt: skip


def proven(archive: Archive, draft: Contents, work: Path,
           progress: Progress = lambda what, done, of: None) -> Contents:  # fmt: skip
    """With its evidence. Raises RequestRefused, Incomplete, CannotProve, LedgerError."""
    progress("Proving them", 1, 2)
    reviewed = draft.reviewed
    searched = _event(draft.request.file, reviewed.search.event)
    evidence = proofs.gather(archive, searched, draft.confirmed, reviewed, draft.items, work / "records.jsonl")
    if evidence.vkey != archive.signer.vkey:
        raise RequestRefused(
            "The ledger's key was changed since the review was confirmed. Nothing was built.",
            remedy="A second person confirms the review again; then one key signs it all.",
        )
    return replace(draft, evidence=evidence)


def ready(archive: Archive) -> list[str]:
    """Numbers of the requests whose review is confirmed and whose letter is written, and that have no bundle of it."""
    return [file.number for file in request_file.every(archive) if not file.gone and _waits(archive, file)]


def _waits(archive: Archive, file: RequestFile) -> bool:
    if file.last("confirmed") is None:
        return False
    try:
        reviewed, _ = require_ready(archive, file)
    except RequestRefused:
        return False
    built = file.last("built")
    return built is None or built.told["plan"] != reviewed.plan


def require_ready(archive: Archive, file: RequestFile) -> tuple[Reviewed, Event]:
    """The confirmed review of a request that may be answered with a bundle. Raises RequestRefused."""
    from social_archive.foia.review import require_confirmed

    requests.require_open(file)
    reviewed, confirmed = require_confirmed(archive, file)
    if _letter(file) is None:
        raise RequestRefused(f"Request {file.number} has no letter of response yet, and an answer begins with one.",
                             remedy="Write and enter it: `archive foia letter --help`.")  # fmt: skip
    return reviewed, confirmed


def _letter(file: RequestFile) -> bytes | None:
    from social_archive.foia.letters import answer_letter

    return answer_letter(file)


def _coverage(file: RequestFile, reviewed: Reviewed) -> dict[str, bytes]:
    """The coverage statements that were made when this search was frozen."""
    stated = [event for event in file.all("coverage") if event.told["search"] == reviewed.search.event]
    return {one.name: one.body for event in stated for one in event.attachments}


def _event(file: RequestFile, wanted: str) -> Event:
    return next(event for event in file.events if event.id == wanted)


# --------------------------------------------------------------------------- the files


@contextmanager
def press_for(request: Request, work: Path) -> Iterator[Press]:
    """What typesets the records: for a large bundle another process. `work` is for what it makes."""
    searched = request.file.last("searched")
    if searched is None or searched.told["hits"] < TWO_PROCESSES:
        yield HERE
    else:
        with Elsewhere(work / f"press-{uuid.uuid4().hex}") as press:
            yield press


@contextmanager
def begun(draft: Contents, press: Press) -> Iterator[Iterator[File]]:
    """The files of the longest part, which is written from now on, while other work is done."""
    press.look_for(*_gate_of(draft))
    files = iter(records_pdf.write(draft, press))
    with ThreadPoolExecutor(1, thread_name_prefix="part") as pool:
        first = pool.submit(lambda: list(islice(files, 1)))
        try:
            yield _rest(first, files)
        finally:
            wait([first])
            if isinstance(files, Generator):
                files.close()


def _rest(first: Future[list[File]], others: Iterator[File]) -> Iterator[File]:
    yield from first.result()
    yield from others


def files(made_from: Contents, gate: Gate, progress: Progress = lambda what, done, of: None) -> list[File]:
    """All files of the payload but those of the longest part. Raises Leaks if a redacted word stands in one."""
    found = list(_given(made_from))
    for number, name in enumerate(PARTS):
        progress("Writing the documents", number, len(PARTS))
        found += _writer(name)(made_from)
        crash_point("bundle-part-written")
    progress("Looking for words that must not leave", 0, 1)
    gate.require_none(found)
    return found


def _writer(name: str) -> Part:
    write: Part = importlib.import_module(f"social_archive.foia.bundle.{name}").write
    return write


def _gate_of(made_from: Contents) -> tuple[Sequence[Term], str, str]:
    """What a Gate of this bundle must know: the words that must not leave, the requester's, the body's own."""
    return made_from.reviewed.terms, made_from.request.text, _own_words(made_from.agency)


def _own_words(agency: Agency) -> str:
    """What the body says of itself on every paper: no secret, whoever shares a name with it."""
    body = agency.body
    words = [body.name, body.address, body.county, body.contact_email, body.contact_phone, body.website]
    words += [word for person in agency.people for word in (person.name, person.title)]
    words += [word for account in agency.accounts for word in (account.name, account.handle)]
    return "\n".join(word for word in words if word)


def _given(made_from: Contents) -> Iterator[File]:
    """What was there before the bundle: the letter, the coverage statements, the check."""
    if made_from.letter is not None:
        yield File(LETTER, made_from.letter)
    for name, body in sorted(made_from.coverage.items()):
        yield File(f"coverage/{name}", body)
    yield File(CHECK, checker().read_bytes())


def checker() -> Path:
    """The check that lies in every bundle."""
    return Path(request_file.__file__).with_name(CHECK)


# --------------------------------------------------------------------------- building


def build(
    archive: Archive, reference: str, *, by: str, via: str, options: Options = PLAIN, folder: Path | None = None,
    progress: Progress = lambda what, done, of: None,
) -> Built:  # fmt: skip
    """Build the bundle of a request, put it into the archive and enter it into the request's file.

    A second build of what has not changed answers with the first one's event. `folder`: for the work (default: in the
    archive's state). Raises RequestRefused, Incomplete, Leaks, NotAccepted and what the parts raise: then
    nothing counts.
    """
    archive.catalog.catch_up()
    acting(archive, by, RequestRefused)
    request = requests.load(archive, reference)
    place = folder or archive.state / "work" / "bundles" / request.id
    with few_collections(), _workshop(place) as work, press_for(request, work) as press:
        draft = unproven(archive, request, options, progress)
        with begun(draft, press) as longest:
            made_from = proven(archive, draft, work, progress)
            gate = Gate(*_gate_of(made_from))
            payload = files(made_from, gate, progress)
            path = work / f"{made_from.name}.zip"
            hashed = bag.write(path, made_from, payload, archive.signer, lambda n, of: progress("Packing", n, of),
                               lambda: crash_point("bundle-file-packed"), later=gate.passing(longest))  # fmt: skip
        crash_point("bundle-packed")
        if hashed.size > LARGEST:
            raise RequestRefused(f"The bundle has {hashed.size:,} bytes, more than the store takes in one object.",
                                 remedy="Nothing was written. Answer in parts of less than 5 GB.")  # fmt: skip
        progress("Checking it as a stranger does", 0, 1)
        _require_accepted(made_from, path)
        progress("Storing", 0, 1)
        return _entered(archive, made_from, path, hashed, by=by, via=via)


def _require_accepted(made_from: Contents, path: Path) -> None:
    """No bundle is stored that the check in it would refuse. A large one is only looked through for what a person can
    cause: the writers' own work on it is the same as on a small one. Raises NotAccepted."""
    if len(made_from.items) <= CHECKED_WHOLE:
        found = [verify.printable(problem) for problem in verify.verify(path, [made_from.evidence.vkey]).problems]
    else:
        found = [f"{control} would not leave as it was decided" for control in as_decided.faults(made_from.items)]
    if found:
        told = "; ".join(one.rstrip(".") for one in found[:_MOST_TOLD])
        more = f" And {len(found) - _MOST_TOLD:,} more." if len(found) > _MOST_TOLD else ""
        raise NotAccepted(f"The check that goes along with the bundle does not accept it: {told}.{more} Nothing was "
                          "stored.")  # fmt: skip


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """An empty folder that nobody else builds in; gone afterwards, and what a killed build left is gone before."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RequestRefused("A bundle of this request is being built at this moment.",
                                 remedy="Wait until it is done.") from None  # fmt: skip
        _empty(folder)
        try:
            yield folder
        finally:
            _empty(folder)
            folder.rmdir()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)  # the press of a killed build may still lay a page into it
        else:
            path.unlink()


def _entered(archive: Archive, made_from: Contents, path: Path, hashed: Hashed, *, by: str, via: str) -> Built:
    """The bundle in the store and in the request's file, once however often it is built."""
    built = request_file.read(archive, made_from.request.id).all("built")
    if not built or built[-1].told["sha256"] != hashed.sha256:
        event = _append(archive, made_from, path, hashed, by=by, via=via, nth=len(built))
    else:
        event = built[-1]
    located = object_of(archive, event)
    copy = archive.mirror.folder / located.key
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, copy)
    return Built(made_from.name, copy, hashed.sha256, hashed.size, dict(event.told["totals"]), event)


def _append(archive: Archive, made_from: Contents, path: Path, hashed: Hashed, *, by: str, via: str,
            nth: int) -> Event:  # fmt: skip
    request, reviewed = made_from.request, made_from.reviewed
    totals = {name: count for name, count in reviewed.totals.items() if name != "undecided"}
    note = bag.file_note(archive.signer, request.number, path.name, hashed)
    folder = request_file.AREAS[request_file.BUNDLE] + request_file.folder_of(archive, request.id)
    with path.open("rb") as file:
        ref = archive.store.put_file(f"{folder}{uuid.uuid4().hex}.zip", file, size=hashed.size, sha256=hashed.sha256,
                                     content_type="application/zip")  # fmt: skip
    crash_point("bundle-stored")

    def still(file: RequestFile) -> None:
        if _is_as_it_was(archive, file, made_from):
            return
        now, _ = require_ready(archive, file)
        if now.plan != reviewed.plan or _letter(file) != made_from.letter:
            raise RequestRefused("The review or the letter was changed while the bundle was built.",
                                 remedy="Nothing was written. Build it again.")  # fmt: skip

    try:
        event = request_file.append(
            archive, request.id, "built", by=by, via=via, check=still, bundle=ref,
            id=archive.txn("foia.bundle", request.id, hashed.sha256, str(nth))[:32],
            told={"sha256": hashed.sha256, "size": hashed.size, "plan": reviewed.plan, "totals": totals},
            details={"name": path.name, "note": note, "load_files": made_from.options.load_files},
        )  # fmt: skip
    except ArchiveError:
        archive.store.delete_version(ref.key, ref.version_id)
        raise
    if object_of(archive, event).key != ref.key:  # somebody else built the same at the same time
        archive.store.delete_version(ref.key, ref.version_id)
    return event


def _is_as_it_was(archive: Archive, file: RequestFile, made_from: Contents) -> bool:
    """Did nothing happen to the request and its records since? Events and what was destroyed decide about all of it."""
    from social_archive.foia.review import gone_of

    before = made_from.request.file
    destroyed = {one.hit.rid: one.certificate for one in made_from.reviewed.items if one.outcome == "disposed"}
    return ([event.id for event in file.events] == [event.id for event in before.events]
            and file.gone == before.gone and gone_of(archive, made_from.reviewed.search) == destroyed)  # fmt: skip


def object_of(archive: Archive, built: Event) -> Any:
    """The object of a bundle. Raises NotFound if it was destroyed."""
    found = [o for o in archive.catalog.objects(request_file.BUNDLE) if o.sha256 == built.told["sha256"]]
    if not found:
        raise NotFound("This bundle is no longer in the archive: it was destroyed with its request.",
                       remedy="`archive foia show NUMBER` names the certificate.")  # fmt: skip
    return found[-1]
