"""What the archive rests on, tried out on the real store: not what it says it can, but what it does.

Probe objects lie under `doctor/` in the content bucket, hold nothing, carry a lock of seconds, and are removed.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from social_archive.entry import PREFIX
from social_archive.errors import ArchiveError, NotFound, PreconditionFailed, StoreError
from social_archive.store import GOVERNANCE, ObjectRef, Refused, Store

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.note import Signer

PROBES: Final = "doctor/"
_LOCK: Final = timedelta(seconds=3)
_WRITERS: Final = 8
_SKEW: Final = timedelta(seconds=60)

_OTHER_STORE: Final = "This store cannot keep evidence. Use one with working S3 Object Lock and conditional writes."


@dataclass(frozen=True)
class Check:
    """One thing that was tried. `remedy` is empty when it is well.

    `warning`: nothing is broken, but a person should see to it; `remedy` says how.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    warning: bool = False

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Unwell(Exception):
    """A check's verdict: (detail, remedy)."""


class Advisable(Exception):
    """A check's verdict where nothing is broken, but a person should see to something: (detail, remedy)."""


def run_doctor(store: Store, ledger_store: Store, signer: Callable[[], Signer] | None = None, *,
               vkey: str | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
               sleep: Callable[[float], None] = time.sleep) -> list[Check]:  # fmt: skip
    """Try everything; takes about five seconds. Never raises: a check that cannot be made is one that failed.

    `signer` loads the signing key; `vkey` is the key that the ledger names now, if there is one.
    """
    checks = [_try("bucket reachable", lambda: _reachable(store, ledger_store))]
    if not checks[0].ok:
        return checks
    checks += [
        _try("object lock and versioning", lambda: _fit(store, ledger_store)),
        _try("locked versions cannot be deleted", lambda: _lock_holds(store, clock, sleep)),
        _try("conditional writes have one winner", lambda: _one_winner(store)),
        _try("versions and delete markers are listed", lambda: _versions_seen(store)),
        _try("ledger refuses deletion", lambda: _ledger_policy(ledger_store)),
        _try("anonymous access is refused", lambda: _anonymous(store)),
        _try("clock agrees with the store", lambda: _clock(store, clock)),
    ]
    if signer is not None:
        checks.append(_try("signing key", lambda: _signing_key(signer, vkey)))
    return checks


def check_schedule(archive: Archive) -> Check:
    """Does retention.yaml say what is in force? If not, records are judged otherwise than the file reads."""
    return _try("retention schedule", lambda: _schedule_agrees(archive))


def _try(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, check())
    except Unwell as bad:
        return Check(name, False, *bad.args)
    except Advisable as note:
        detail, remedy = note.args
        return Check(name, True, detail, remedy, warning=True)
    except ArchiveError as error:
        return Check(name, False, str(error.args[0]), error.remedy)
    except Exception as error:  # a doctor who faints helps nobody
        detail = f"the check itself failed ({type(error).__name__})"
        return Check(name, False, detail, "Report this with the store's name and version.")


# --------------------------------------------------------------------------- checks


def _reachable(store: Store, ledger_store: Store) -> str:
    for one in (store, ledger_store):
        try:
            next(one.keys(PROBES), None)
        except NotFound as error:
            raise Unwell(f"bucket {one.bucket} does not exist", f"Make it: {one.how_to_make()}") from error
    return f"{store.bucket} and {ledger_store.bucket} answer"


def _fit(store: Store, ledger_store: Store) -> str:
    store.require_fit()
    ledger_store.require_fit()
    return "both buckets have Object Lock and keep versions"


def _lock_holds(store: Store, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> str:
    """A version under a three-second lock survives a deletion, and can be removed when the lock has ended."""
    until = clock() + _LOCK
    ref = store.put(_probe(), b"lock probe", retain_until=until, mode=GOVERNANCE)
    try:
        store.destroy(ref)
    except Refused:
        pass
    else:
        raise Unwell("a locked version was deleted", _OTHER_STORE)
    lock = store.lock_state(ref.key, ref.version_id)
    if lock.mode != GOVERNANCE or lock.retain_until is None:
        raise Unwell("the store does not say how long a version is locked", _OTHER_STORE)
    sleep(max(0.0, (lock.retain_until - clock()).total_seconds()) + 1.0)
    _remove(store, ref, sleep)
    return "a locked version survived its deletion, and went when the lock had ended"


def _one_winner(store: Store) -> str:
    """Eight writers, one key: exactly one may win, and its bytes must be there."""
    key = _probe()

    def write(i: int) -> ObjectRef | None:
        try:
            return store.put(key, b"writer %d" % i, if_absent=True)
        except PreconditionFailed:
            return None

    with ThreadPoolExecutor(_WRITERS) as pool:
        won = [ref for ref in pool.map(write, range(_WRITERS)) if ref is not None]
    versions = [v for v in store.versions(key) if v.key == key]
    for v in versions:
        store.destroy(ObjectRef(key, v.version_id, v.size, ""))
    if len(won) != 1 or len(versions) != 1 or won[0].version_id != versions[0].version_id:
        raise Unwell(f"{len(won)} of {_WRITERS} writers won, {len(versions)} versions were made", _OTHER_STORE)
    return f"one of {_WRITERS} writers won"


def _versions_seen(store: Store) -> str:
    key = _probe()
    first, second = store.put(key, b"one"), store.put(key, b"two")
    store.delete_plain(key)
    versions = [v for v in store.versions(key) if v.key == key]
    listed = [v.version_id for v in versions if not v.delete_marker]
    oldest = store.get(key, first.version_id)
    for v in versions:
        store.destroy(ObjectRef(key, v.version_id, v.size, ""))
    if listed != [second.version_id, first.version_id] or oldest != b"one":
        raise Unwell("an older version is not listed or cannot be read", _OTHER_STORE)
    if len(versions) != 3 or not versions[0].delete_marker:
        raise Unwell("a delete marker is not listed", _OTHER_STORE)
    return "overwritten and deleted keys show all their versions, newest first"


def _ledger_policy(ledger_store: Store) -> str:
    """Deleting a key that never existed would leave a marker there; the policy must refuse even that."""
    key = f"{PREFIX}doctor-{uuid.uuid4().hex}"
    try:
        ledger_store.delete_plain(key)
    except Refused:
        return "nobody can lay a delete marker over an entry"
    for v in ledger_store.versions(key):
        ledger_store.destroy(ObjectRef(key, v.version_id, 0, ""))
    raise Unwell(
        "entries are locked, but a delete marker can be laid over them (`archive ledger verify` would name it)",
        "Give the ledger bucket a policy that denies s3:DeleteObject and s3:DeleteObjectVersion (docs/it.md).",
    )


def _anonymous(store: Store) -> str:
    request = urllib.request.Request(f"{store.address}?list-type=2&max-keys=1")  # noqa: S310 - the configured endpoint
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            raise Unwell("anybody can list the bucket", "Take public access away from the bucket at once.")
    except urllib.error.HTTPError as answer:
        if answer.code in (401, 403):
            return "a request without credentials is refused"
        raise Unwell(f"a request without credentials was answered {answer.code}", "Check the endpoint.") from None
    except OSError as error:
        raise Unwell(f"the endpoint could not be asked ({type(error).__name__})", "Check the endpoint.") from None


def _clock(store: Store, clock: Callable[[], datetime]) -> str:
    stated = store.date()
    if stated is None:
        raise Unwell("the store states no time", "Check that nothing between here and the store strips headers.")
    apart = abs(clock() - stated)
    if apart > _SKEW:
        raise Unwell(
            f"this host and the store are {apart.total_seconds():.0f} s apart",
            "Set the clocks (NTP): locks and deadlines depend on them.",
        )
    return f"within {max(1, round(apart.total_seconds()))} s"


def _signing_key(signer: Callable[[], Signer], vkey: str | None) -> str:
    ours = signer().vkey
    if vkey is not None and vkey != ours:
        raise Unwell("the signing key is not the one that signs this ledger", "Restore the key from its safe copy.")
    return f"present: {ours}"


def _schedule_agrees(archive: Archive) -> str:
    from social_archive.retention import schedules

    archive.catalog.catch_up()
    now, waiting = schedules.in_force(archive), schedules.pending(archive)
    if now is None and waiting is None:
        raise Advisable(
            "no version is in force: records are judged by retention.yaml as it stands, and nothing can be disposed of",
            "Read it, then put it in force: archive retention propose --by USER --reason \"...\"",
        )
    said = f"version {now.version} is in force since {now.effective}" if now else "no version is in force"
    if schedules.differs(archive):
        raise Advisable(
            f"{said}, and retention.yaml says something else: the file has no effect",
            "See what it would change: archive retention plan. Then archive retention propose, or put the file back.",
        )
    if waiting is not None:
        raise Advisable(
            f"{said}; version {waiting.version} waits for approval",
            "Another person reads it, archive retention plan --proposed, and approves it: "
            f"archive retention approve {waiting.version} --by NAME",
        )
    return said


# --------------------------------------------------------------------------- probes


def _probe() -> str:
    return f"{PROBES}{uuid.uuid4().hex}"


def _remove(store: Store, ref: ObjectRef, sleep: Callable[[float], None]) -> None:
    """The store's clock decides when a lock has ended: ask a few times."""
    for pause in (1.0, 2.0, None):
        try:
            store.destroy(ref)
            return
        except StoreError:
            if pause is None:
                raise
            sleep(pause)

