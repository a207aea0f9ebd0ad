"""The last gate: a person lets one very bundle go out, and it goes out as it was when he or she looked at it.

An approval is of a bundle's SHA-256. It holds while that is the request's last bundle and the review that it was made
from is still confirmed; both are asked again at the head of the ledger when it is delivered, and the object is hashed
anew. A link lets whoever has it fetch the bundle, so it is given out once and kept nowhere.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from social_archive.crash import crash_point
from social_archive.errors import ArchiveError
from social_archive.foia import request_file
from social_archive.foia.bundle import build
from social_archive.foia.bundle.zipping import sync_folder
from social_archive.foia.request_file import RequestFile, RequestRefused
from social_archive.store import Corrupt

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.request_file import Event

LONGEST_LINK: Final = 7
"""Days that a presigned link can hold (the limit of S3's signature, version 4)."""


class NotDelivered(ArchiveError):
    """The bundle could not be laid where it was to go."""

    remedy = "The bundle is unharmed in the archive and nothing half-written was left. Correct this and deliver again."


@dataclass(frozen=True)
class Delivered:
    """A bundle that went out. `files`: what was laid into a folder; `link`: whoever has it may fetch the bundle."""

    event: Event
    sha256: str
    files: tuple[Path, ...] = ()
    link: str | None = field(default=None, repr=False)


# --------------------------------------------------------------------------- approving


def waiting(file: RequestFile) -> Event:
    """The bundle of a request that is to be judged: the last one. Raises RequestRefused if there is none."""
    built = file.last("built")
    if built is None:
        raise RequestRefused(f"Request {file.number} has no bundle yet.",
                             remedy="Build it: archive foia bundle NUMBER --by USER")  # fmt: skip
    return built


def approve(archive: Archive, reference: str, *, sha256: str, by: str, via: str, id: str | None = None) -> Event:
    """Let the bundle with this SHA-256 go out. Raises RequestRefused: then nothing was written."""
    return _judge(archive, reference, "approved", sha256, by=by, via=via, details={}, id=id)


def refuse(
    archive: Archive, reference: str, *, sha256: str, reason: str, by: str, via: str, id: str | None = None
) -> Event:
    """Say that the bundle with this SHA-256 must not go out, and why."""
    if not reason.strip():
        raise RequestRefused("It must be said why the bundle must not go out.", remedy="Give a reason.")
    return _judge(archive, reference, "refused", sha256, by=by, via=via, details={"reason": reason.strip()}, id=id)


def _judge(archive: Archive, reference: str, what: str, sha256: str, *, by: str, via: str, details: dict[str, Any],
           id: str | None) -> Event:  # fmt: skip
    _require_named(archive.agency.foia.release_approvers, by, "let a bundle go out")
    archive.catalog.catch_up()
    request = request_file.resolve(archive, reference)

    def check(file: RequestFile) -> None:
        _require_current(archive, file, sha256)

    check(request_file.read(archive, request))
    return request_file.append(archive, request, what, by=by, via=via, details=details, told={"sha256": sha256},
                               check=check, id=id)  # fmt: skip


def _require_current(archive: Archive, file: RequestFile, sha256: str) -> Event:
    """The bundle with this hash, if it is the last one and made from the review as it is confirmed now."""
    built = waiting(file)
    if built.told["sha256"] != sha256:
        raise RequestRefused("This is not the last bundle of the request.",
                             remedy="Look at the last one; `archive foia show NUMBER` names it.")  # fmt: skip
    reviewed, _ = build.require_ready(archive, file)
    if reviewed.plan != built.told["plan"]:
        raise RequestRefused("The review was changed since this bundle was built.",
                             remedy="Build the bundle again: archive foia bundle NUMBER --by USER")  # fmt: skip
    return built


def _require_named(allowed: Sequence[str], by: str, what: str) -> None:
    if allowed and by.strip() not in allowed:
        raise RequestRefused(f"{ascii(by.strip())[:60]} may not {what}.", remedy=f"One of {', '.join(allowed)} may.")


# --------------------------------------------------------------------------- delivering


def deliver(
    archive: Archive, reference: str, *, to: Literal["folder", "link"], by: str, via: str, days: int = LONGEST_LINK,
    folder: Path | None = None, again: bool = False, id: str | None = None,
) -> Delivered:  # fmt: skip
    """Hand out the approved bundle of a request: into `folder`, or as a link that holds for so many days. With it goes
    the letter that lies in it, so the request is answered.

    Nothing goes out that the ledger does not know of: the files get their name, and the link is made, after the entry.
    Killed in between, the same call completes it: what was entered as delivered in this way is not entered once more,
    and its link ends when it would have ended. `again`: this is another delivery, and another entry. Raises
    RequestRefused; NotDelivered; Corrupt if the store no longer has what was approved.
    """
    config = archive.agency.foia
    _require_named(sorted({*config.officers, *config.release_approvers}) if config.officers else (), by,
                   "deliver a bundle")  # fmt: skip
    if to == "folder" and folder is None:
        raise RequestRefused("It must be said into which folder.", remedy="Name it with --folder.")
    if not 1 <= days <= LONGEST_LINK:
        raise RequestRefused(f"A link can hold between 1 and {LONGEST_LINK} days.", remedy="Give other --days.")
    archive.catalog.catch_up()
    request = request_file.resolve(archive, reference)
    built = require_approved(archive, request_file.read(archive, request))
    if to == "link":
        _require_unharmed(archive, built)
        event = _entered(archive, built, {"how": to, "days": days}, again=again, by=by, via=via, id=id)
        _enter_answered(archive, request, by=by, via=via)
        return Delivered(event, built.told["sha256"], link=_link(archive, built, _seconds_left(event)))
    assert folder is not None
    with _laid(archive, built, folder) as laid:
        event = _entered(archive, built, {"how": to}, again=again, by=by, via=via, id=id)
        crash_point("bundle-delivered")
        files = laid.named()
    _enter_answered(archive, request, by=by, via=via)
    return Delivered(event, built.told["sha256"], files)


def _entered(
    archive: Archive, built: Event, how: dict[str, Any], *, again: bool, by: str, via: str, id: str | None
) -> Event:
    """The delivery in the request's file, if the bundle is still the approved one at the head of the ledger."""
    if not again and (begun := _begun(archive, built, how)) is not None:
        return begun

    def check(file: RequestFile) -> None:
        if require_approved(archive, file).id != built.id:
            raise RequestRefused("Another bundle was built meanwhile.", remedy="Look at it, and approve it.")

    told = {"sha256": built.told["sha256"], **how}
    return request_file.append(archive, built.request, "delivered", by=by, via=via, details={}, told=told, check=check,
                               id=id)  # fmt: skip


def _begun(archive: Archive, built: Event, how: dict[str, Any]) -> Event | None:
    """The entry of a delivery of the same bundle in the same way, since it was last let go out."""
    file = request_file.read(archive, built.request)
    approved = file.last("approved")
    told = {"sha256": built.told["sha256"], **how}
    since = [event for event in file.all("delivered") if approved is not None and event.n > approved.n]
    found = next((event for event in reversed(since) if dict(event.told) == told), None)
    return found if found is not None and _seconds_left(found) > 0 else None


def _seconds_left(event: Event) -> int:
    """For how long a link holds that was entered then; files in a folder stay."""
    if event.told["how"] != "link":
        return 1
    ends = event.time + timedelta(days=event.told["days"])
    return min(int((ends - datetime.now(UTC)).total_seconds()), event.told["days"] * 86_400)


def _enter_answered(archive: Archive, request: str, *, by: str, via: str) -> None:
    """The letter in the bundle has gone out with it: from now on the request is answered. Once for each letter."""
    from social_archive.foia import letters, requests

    found = requests.load(archive, request)
    letter = letters.answering_letter(found.file)
    sent = {event.told["sha256"] for event in found.file.all("answered")}
    if letter is None or letter.told["sha256"] in sent:
        return
    outcome = letters.KINDS[letter.told["letter"]].outcome
    assert outcome is not None, "an answering letter has one"
    letters.answer(archive, found, outcome=outcome, letter=letter, by=by, via=via, sent=requests.today(archive),
                   id=archive.txn("foia.answered", letter.id)[:32])  # fmt: skip


def require_approved(archive: Archive, file: RequestFile) -> Event:
    """The last bundle of a request, if a person let it go out and nothing was changed since. Raises RequestRefused."""
    judged = file.last("approved", "refused")
    built = waiting(file)
    if judged is None or judged.told["sha256"] != built.told["sha256"] or judged.n < built.n:
        raise RequestRefused(f"Nobody has let the last bundle of request {file.number} go out yet.",
                             remedy="Look at it, then: archive foia approve NUMBER --by USER")  # fmt: skip
    if judged.what == "refused":
        raise RequestRefused(f"{judged.by} refused the last bundle of request {file.number}.",
                             remedy="Change the review and build it again.")  # fmt: skip
    return _require_current(archive, file, built.told["sha256"])


def _require_unharmed(archive: Archive, built: Event) -> None:
    located = build.object_of(archive, built)
    if archive.store.sha256_of(located.key, located.version_id) != built.told["sha256"]:
        raise Corrupt("The store no longer has the bundle that was approved: its SHA-256 differs.")


def _link(archive: Archive, built: Event, seconds: int) -> str:
    located = build.object_of(archive, built)
    return archive.store.link(located.key, located.version_id, name=built.details["name"], seconds=seconds)


# --------------------------------------------------------------------------- a folder


@dataclass(frozen=True)
class _Laid:
    """Zip, note and check in a folder that has no name yet; none (`partial`) if they lay there before."""

    target: Path
    partial: Path | None
    name: str

    def named(self) -> tuple[Path, ...]:
        """Give the folder its name; the files in it."""
        if self.partial is not None:
            self.partial.rename(self.target)
            sync_folder(self.target.parent)
        return (self.target / self.name, self.target / f"{self.name}.note", self.target / build.CHECK)


@contextmanager
def _laid(archive: Archive, built: Event, folder: Path) -> Iterator[_Laid]:
    """The three files beside where they are to be, whole and hashed; what is not named in the end is taken away."""
    name: str = built.details["name"]
    target = folder / name.removesuffix(".zip")
    partial = folder / f".{target.name}.{uuid.uuid4().hex}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.exists():
            _require_same(built, target, name)
            yield _Laid(target, None, name)
            return
        partial.mkdir()
        _fetch(archive, built, partial / name)
        _write(partial / f"{name}.note", built.details["note"].encode())
        with zipfile.ZipFile(partial / name) as bag:
            _write(partial / build.CHECK, bag.read(f"{target.name}/data/{build.CHECK}"))
        sync_folder(partial)
        yield _Laid(target, partial, name)
    except OSError as error:
        raise NotDelivered(f"The bundle cannot be laid into {folder}: {error.strerror}.") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _require_same(built: Event, target: Path, name: str) -> None:
    with (target / name).open("rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == built.told["sha256"]
    if not same:
        raise NotDelivered(f"Another bundle of this request lies in {target}.", remedy="Move it away first.")


def _fetch(archive: Archive, built: Event, path: Path) -> None:
    """The bundle as the store has it, hashed on the way. Raises Corrupt."""
    located = build.object_of(archive, built)
    with path.open("wb") as out:
        sha256 = archive.store.copy_to(located.key, located.version_id, out)
        out.flush()
        os.fsync(out.fileno())
    if sha256 != built.told["sha256"]:
        raise Corrupt("The store no longer has the bundle that was approved: its SHA-256 differs.")


def _write(path: Path, body: bytes) -> None:
    with path.open("wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())
