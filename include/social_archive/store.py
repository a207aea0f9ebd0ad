"""S3 with Object Lock, as the archive needs it: put with a hash, read by version, seal, list, destroy and verify.

Three buckets: `<bucket>` (content) and `<bucket>-ledger` are versioned and have Object Lock; `<bucket>-staging` is
plain. No answer of the store is taken on trust where it matters: a PUT's checksum is compared, a deletion is looked
for again, and a conditional PUT whose answer was lost is an open question (`PreconditionFailed`), not a failure.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

from social_archive.errors import NotFound, PreconditionFailed, StoreError, StoreUnfit

if TYPE_CHECKING:
    from social_archive.config import StoreConfig

T = TypeVar("T")

GOVERNANCE: Final = "GOVERNANCE"
COMPLIANCE: Final = "COMPLIANCE"
LARGEST: Final = 5 << 30  # bytes in one PUT


class DestroyUnverified(StoreError):
    """The store acknowledged a deletion, yet the version is still there (or could not be looked for)."""

    remedy = "Nothing was recorded as destroyed. Run the same command again; if it persists, run `archive doctor`."


class Refused(StoreError):
    """The store said no (403): a lock, a hold or a missing permission. Nothing was changed."""

    remedy = "If the object's lock has not ended, the lock did its work. Else check the identity's permissions."


class Corrupt(StoreError):
    """The bytes that came back are not the bytes that were committed."""

    remedy = "Keep the bucket as it is, run `archive ledger verify`, and restore the object from a replica."


@dataclass(frozen=True)
class ObjectRef:
    """One version of one object. `sha256` is lower-case hex."""

    key: str
    version_id: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Version:
    key: str
    version_id: str
    size: int
    is_latest: bool
    delete_marker: bool
    modified: datetime


@dataclass(frozen=True)
class LockState:
    """Object Lock of one version: retention mode and end, and legal hold (independent of each other)."""

    mode: str | None
    retain_until: datetime | None
    hold: bool


@dataclass(frozen=True)
class Destroyed:
    """A verified deletion: neither HEAD nor the version list knew the version at `verified_at`."""

    key: str
    version_id: str
    lock_before: LockState
    request_id: str
    verified_at: datetime


class Store:
    """One bucket.

    `client` retries; `once` never does: a retried conditional PUT reports 412 for its own success.
    """

    def __init__(self, client: Any, bucket: str, *, once: Any = None) -> None:
        self.client = client
        self.once = once if once is not None else client
        self.bucket = bucket

    @classmethod
    def connect(cls, config: StoreConfig, bucket: str | None = None) -> Store:
        client, once = _clients(config)
        return cls(client, bucket or config.bucket, once=once)

    # ----------------------------------------------------------------- write

    def put(self, key: str, body: bytes, *, content_type: str = "application/octet-stream", if_absent: bool = False,
            retain_until: datetime | None = None, mode: str = GOVERNANCE, hold: bool = False) -> ObjectRef:  # fmt: skip
        """Store `body` and return the version that the store made of it, its checksum compared.

        With `if_absent`, every outcome but success is raised: PreconditionFailed (412, 409, lost answer, 5xx) means
        "read the key back". Raises StoreError otherwise.
        """
        digest = hashlib.sha256(body).digest()
        checksum = base64.b64encode(digest).decode()
        request: dict[str, Any] = {"Key": key, "Body": body, "ContentType": content_type, "ChecksumSHA256": checksum}
        if if_absent:
            request["IfNoneMatch"] = "*"
        if retain_until is not None:
            request.update(ObjectLockMode=mode, ObjectLockRetainUntilDate=_whole_seconds(retain_until))
        if hold:
            request["ObjectLockLegalHoldStatus"] = "ON"
        client = self.once if if_absent else self.client
        answer = self._call(client.put_object, key, conditional=if_absent, **request)
        version_id = answer.get("VersionId") or "null"
        returned = answer.get("ChecksumSHA256") or self._head(key, version_id).get("ChecksumSHA256")
        if returned != checksum:
            stored = hashlib.sha256(self.get(key, version_id)).digest()  # a store that keeps no checksums: read back
            if stored != digest:
                raise Corrupt(f"The store kept other bytes than were sent for {self._name(key)}.")
        return ObjectRef(key, version_id, len(body), digest.hex())

    def put_file(self, key: str, file: IO[bytes], *, size: int, sha256: str,
                 content_type: str = "application/octet-stream") -> ObjectRef:  # fmt: skip
        """Store a file of any size up to `LARGEST` in one streamed PUT; `sha256` (hex) is what it must arrive as.

        Raises StoreError, Corrupt if the store kept something else, ValueError for a larger file.
        """
        if size > LARGEST:
            raise ValueError(f"S3 takes at most {LARGEST:,} bytes in one object")
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        answer = self._call(
            self.client.put_object, key, Key=key, Body=file, ContentLength=size, ContentType=content_type,
            ChecksumSHA256=checksum,
        )  # fmt: skip
        version_id = answer.get("VersionId") or "null"
        returned = answer.get("ChecksumSHA256") or self._head(key, version_id).get("ChecksumSHA256")
        if returned != checksum and self.sha256_of(key, version_id) != sha256:
            raise Corrupt(f"The store kept other bytes than were sent for {self._name(key)}.")
        return ObjectRef(key, version_id, size, sha256)

    def copy(self, ref: ObjectRef, key: str) -> ObjectRef:
        """Copy a version under another key inside of the store, whatever its size; its lock does not go along.

        What arrived is hashed again. Raises NotFound, Corrupt.
        """
        source = {"Bucket": self.bucket, "Key": ref.key, "VersionId": ref.version_id}
        answer = self._call(self.client.copy_object, ref.key, Key=key, CopySource=source, ChecksumAlgorithm="SHA256")
        version_id = answer.get("VersionId") or "null"
        if self.sha256_of(key, version_id) != ref.sha256:
            raise Corrupt(f"The store kept other bytes than were copied to {self._name(key)}.")
        return ObjectRef(key, version_id, ref.size, ref.sha256)

    def seal(self, ref: ObjectRef, *, retain_until: datetime | None, mode: str = GOVERNANCE,
             hold: bool = False) -> None:  # fmt: skip
        """Lock a version until `retain_until` and, with `hold`, place a legal hold.

        Idempotent; never shortens a retention, never weakens COMPLIANCE, never lifts a hold.
        """
        now = self.lock_state(ref.key, ref.version_id)
        if retain_until is not None:
            until = _whole_seconds(retain_until)
            strongest = COMPLIANCE if COMPLIANCE in (mode, now.mode) else GOVERNANCE
            longest = max(until, now.retain_until) if now.retain_until else until
            if (strongest, longest) != (now.mode, now.retain_until):
                self._call(
                    self.client.put_object_retention, ref.key, Key=ref.key, VersionId=ref.version_id,
                    Retention={"Mode": strongest, "RetainUntilDate": longest},
                )  # fmt: skip
        if hold and not now.hold:
            self._set_hold(ref.key, ref.version_id, "ON")

    def destroy(self, ref: ObjectRef, *, bypass_governance: bool = False) -> Destroyed:
        """Lift the hold, delete the version, and look whether it is gone: a 204 alone proves nothing.

        Raises Refused if the lock (or the permissions) forbid it, DestroyUnverified if the version is still there.
        A version that is already gone is a success (a crashed disposal resumes).
        """
        try:
            before = self.lock_state(ref.key, ref.version_id)
        except NotFound:
            before = LockState(None, None, False)
        if before.hold:
            self._set_hold(ref.key, ref.version_id, "OFF")
        request: dict[str, Any] = {"BypassGovernanceRetention": True} if bypass_governance else {}
        try:
            answer = self._call(
                self.client.delete_object, ref.key, Key=ref.key, VersionId=ref.version_id, **request
            )
        except BaseException:
            if before.hold:  # refused: leave it as it was found
                self._set_hold(ref.key, ref.version_id, "ON")
            raise
        if self.exists(ref.key, ref.version_id):
            raise DestroyUnverified(f"The store says it deleted {self._name(ref.key)}, but the version is still there.")
        request_id = answer.get("ResponseMetadata", {}).get("RequestId", "")
        return Destroyed(ref.key, ref.version_id, before, request_id, datetime.now(UTC))

    def lift_hold(self, key: str, version_id: str) -> None:
        """Take the legal hold off a version. A disposal does so right before it deletes the version."""
        self._set_hold(key, version_id, "OFF")

    def delete_version(self, key: str, version_id: str, *, bypass_governance: bool = False) -> str:
        """Ask for the deletion of one version (or delete marker); the store's request id. Proves nothing: look
        afterwards. A version that is already gone is no error. Raises Refused."""
        request: dict[str, Any] = {"BypassGovernanceRetention": True} if bypass_governance else {}
        answer = self._call(self.client.delete_object, key, Key=key, VersionId=version_id, **request)
        return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))

    def delete_plain(self, key: str) -> None:
        """Delete an object of an unversioned bucket (staging). Absent is fine."""
        self._call(self.client.delete_object, key, Key=key)

    # ----------------------------------------------------------------- read

    def get(self, key: str, version_id: str | None = None, *, sha256: str | None = None) -> bytes:
        """The bytes of a version (or of the latest). Raises NotFound; Corrupt if `sha256` (hex) does not match."""
        body, _ = self.read(key, version_id)
        if sha256 is not None and hashlib.sha256(body).hexdigest() != sha256:
            raise Corrupt(f"{self._name(key)} is not the object that was committed: its SHA-256 differs.")
        return body

    def read(self, key: str, version_id: str | None = None) -> tuple[bytes, LockState]:
        """The bytes of a version with the lock that the same answer names."""

        def whole(**request: Any) -> tuple[bytes, LockState]:
            answer = self.client.get_object(**request)
            return answer["Body"].read(), _lock_in(answer)

        return self._call(whole, key, Key=key, **_version(version_id))

    def sha256_of(self, key: str, version_id: str) -> str:
        """SHA-256 (hex) of the bytes that the store holds, read in pieces. Raises NotFound."""
        digest = hashlib.sha256()
        for piece in self._pieces(key, version_id):
            digest.update(piece)
        return digest.hexdigest()

    def copy_to(self, key: str, version_id: str, file: IO[bytes]) -> str:
        """Write the bytes of a version, of any size, into a file; their SHA-256 (hex). Raises NotFound, and OSError
        if the file cannot be written."""
        digest = hashlib.sha256()
        for piece in self._pieces(key, version_id):
            digest.update(piece)
            file.write(piece)
        return digest.hexdigest()

    def _pieces(self, key: str, version_id: str) -> Iterator[bytes]:
        body = self._call(self.client.get_object, key, Key=key, VersionId=version_id)["Body"]
        while piece := self._call(lambda **_: bytes(body.read(1 << 20)), key):
            yield piece

    def claimed(self, key: str, version_id: str) -> tuple[int, str | None]:
        """What the store says of a version without sending it: its size, and its SHA-256 (hex) if it keeps one.

        Raises NotFound.
        """
        answer = self._head(key, version_id)
        checksum = answer.get("ChecksumSHA256")
        if checksum is None or answer.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
            return answer["ContentLength"], None
        return answer["ContentLength"], base64.b64decode(checksum).hex()

    def link(self, key: str, version_id: str, *, name: str, seconds: int) -> str:
        """An address under which whoever has it can fetch a version for so long (7 days at most), as a file `name`."""
        return str(self.client.generate_presigned_url("get_object", ExpiresIn=seconds, Params={
            "Bucket": self.bucket, "Key": key, "VersionId": version_id,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        }))  # fmt: skip

    def lock_state(self, key: str, version_id: str | None = None) -> LockState:
        """The lock of a version. Raises NotFound."""
        return _lock_in(self._head(key, version_id))

    def exists(self, key: str, version_id: str) -> bool:
        """Does HEAD or the version list still know this version?"""
        try:
            self._head(key, version_id)
        except NotFound:
            return any(v.version_id == version_id for v in self.versions(key) if v.key == key)
        return True

    def keys(self, prefix: str, *, start_after: str | None = None) -> Iterator[str]:
        """Keys of current objects in order. Keys whose latest version is a delete marker are not among them."""
        request: dict[str, Any] = {"Prefix": prefix}
        if start_after:
            request["StartAfter"] = start_after
        while True:
            page = self._call(self.client.list_objects_v2, prefix, **request)
            yield from (item["Key"] for item in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def versions(self, prefix: str, *, after: str | None = None, page_size: int = 1000) -> Iterator[Version]:
        """All versions and delete markers under a prefix, keys in order, those of one key newest first.

        `after`: only keys greater than this one.
        """
        request: dict[str, Any] = {"Prefix": prefix, "MaxKeys": page_size}
        if after:
            request["KeyMarker"] = after
        while True:
            page = self._call(self.client.list_object_versions, prefix, **request)
            yield from _versions_in(page)
            if not page.get("IsTruncated"):
                return
            request["KeyMarker"] = page["NextKeyMarker"]
            request["VersionIdMarker"] = page.get("NextVersionIdMarker", "")

    # ----------------------------------------------------------------- fitness

    def require_fit(self) -> None:
        """Refuse a bucket that cannot keep evidence. Raises StoreUnfit with the command that makes a good one."""
        remedy = f"Object Lock is set when a bucket is made. Make one and name it in agency.yaml: {self.how_to_make()}"
        try:
            lock = self._call(self.client.get_object_lock_configuration, "")
            enabled = lock.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"
        except NotFound:
            enabled = False
        if not enabled:
            raise StoreUnfit(
                f"Bucket {self.bucket} does not exist or has no Object Lock. Nothing was written.", remedy=remedy
            )
        if self._call(self.client.get_bucket_versioning, "").get("Status") != "Enabled":
            raise StoreUnfit(f"Bucket {self.bucket} does not keep versions. Nothing was written.", remedy=remedy)

    def how_to_make(self) -> str:
        """The command that makes this bucket as it must be."""
        endpoint = self.client.meta.endpoint_url
        at = "" if "amazonaws.com" in endpoint else f" --endpoint-url {endpoint}"
        return f"aws s3api create-bucket --bucket {self.bucket} --object-lock-enabled-for-bucket{at}"

    @property
    def address(self) -> str:
        """The bucket's URL (path style)."""
        return f"{self.client.meta.endpoint_url.rstrip('/')}/{self.bucket}"

    def date(self) -> datetime | None:
        """What time the store says it is, from the Date header of an answer."""
        answer = self._call(self.client.head_bucket, "")
        stated = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        return parsedate_to_datetime(stated).astimezone(UTC) if stated else None

    # ----------------------------------------------------------------- plumbing

    def _head(self, key: str, version_id: str | None) -> dict[str, Any]:
        return self._call(self.client.head_object, key, Key=key, ChecksumMode="ENABLED", **_version(version_id))

    def _set_hold(self, key: str, version_id: str, status: str) -> None:
        self._call(
            self.client.put_object_legal_hold, key, Key=key, VersionId=version_id, LegalHold={"Status": status}
        )

    def _name(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def _call(self, operation: Callable[..., T], key: str, *, conditional: bool = False, **request: Any) -> T:
        """Call S3 and turn its failures into ours. `conditional`: an unclear outcome is a PreconditionFailed."""
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        try:
            return operation(Bucket=self.bucket, **request)
        except ClientError as error:
            raise _translated(error, self._name(key), conditional) from error
        except (BotoCoreError, HTTPError, OSError) as error:
            kind = PreconditionFailed if conditional else StoreError
            raise kind(f"No answer from the object store about {self._name(key)} ({type(error).__name__}).") from error


# --------------------------------------------------------------------------- answers


def _translated(error: Any, name: str, conditional: bool) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == 404 or code in ("NoSuchKey", "NoSuchBucket", "NoSuchVersion", "ObjectLockConfigurationNotFoundError"):
        return NotFound(f"{name} is not in the object store.")
    if conditional and (status in (409, 412) or status >= 500):
        return PreconditionFailed(f"The conditional PUT of {name} was answered {status} {code}.")
    if status == 403 or code == "AccessDenied":
        return Refused(f"The object store refused a request about {name} ({code or status}).")
    return StoreError(f"The object store answered {status} {code} about {name}.")


def _version(version_id: str | None) -> dict[str, Any]:
    return {"VersionId": version_id} if version_id else {}


def _lock_in(answer: dict[str, Any]) -> LockState:
    until = answer.get("ObjectLockRetainUntilDate")
    return LockState(
        mode=answer.get("ObjectLockMode"),
        retain_until=until.astimezone(UTC) if until else None,
        hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
    )


def _versions_in(page: dict[str, Any]) -> list[Version]:
    """One page's versions and markers as one list: by key, newest first (S3 gives each kind in that order)."""
    found = [
        Version(v["Key"], v["VersionId"], v.get("Size", 0), v.get("IsLatest", False), marker, v["LastModified"])
        for part, marker in (("Versions", False), ("DeleteMarkers", True))
        for v in page.get(part, ())
    ]
    found.sort(key=lambda v: (v.key, not v.is_latest))  # stable: keeps the order of age within a key
    return found


def _whole_seconds(moment: datetime) -> datetime:
    """S3 keeps whole seconds; rounding down would end a lock early."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) + timedelta(seconds=1) if moment.microsecond else moment


# --------------------------------------------------------------------------- connecting


def s3_client(endpoint: str | None, region: str, access_key: str, secret_key: str, *, attempts: int) -> Any:
    """A boto3 S3 client with time-outs, path-style addressing for own endpoints, and our checksums only."""
    from botocore.config import Config
    from botocore.handlers import add_expect_header

    config = Config(
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=32,
        retries={"mode": "standard", "total_max_attempts": attempts},
        signature_version="s3v4",  # for links too, which would be signed by the old way that AWS no longer takes
        s3={"addressing_style": "path" if endpoint else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _MAKING:
        client = _session(os.getpid()).client(
            "s3", endpoint_url=endpoint or None, region_name=region, config=config,
            aws_access_key_id=access_key, aws_secret_access_key=secret_key,
        )  # fmt: skip
    client.meta.events.unregister("before-call.s3.PutObject", add_expect_header)  # a round trip per PUT, for nothing
    return client


_MAKING = threading.Lock()  # a session makes clients for one thread at a time; the clients are thread-safe


@functools.lru_cache(maxsize=1)
def _session(_pid: int) -> Any:
    """One per process: reading S3's description takes most of the time of making a client."""
    import boto3

    return boto3.session.Session()


def _clients(config: StoreConfig) -> tuple[Any, Any]:
    """(retrying, never retrying)."""
    endpoint = _resolved(config.endpoint_url) if config.endpoint_url else None
    keys = (_resolved(config.access_key), _resolved(config.secret_key))
    return _cached_clients(endpoint, config.region, *keys, os.getpid())


@functools.lru_cache(maxsize=16)
def _cached_clients(endpoint: str | None, region: str, access: str, secret: str, _pid: int) -> tuple[Any, Any]:
    """Per process: a forked child must not share its parent's sockets."""
    return (
        s3_client(endpoint, region, access, secret, attempts=4),
        s3_client(endpoint, region, access, secret, attempts=1),
    )


def _resolved(reference: str) -> str:
    if reference.startswith(("env:", "connection:")):
        from social_archive.config import resolve_secret

        return resolve_secret(reference)
    return reference


# --------------------------------------------------------------------------- making buckets


def ensure_buckets(config: StoreConfig, client: Any = None) -> None:
    """Make the buckets that are missing: content and ledger with Object Lock, staging plain. Idempotent.

    `client`: an S3 client that may make buckets and policies; default: the configured identity. The ledger bucket's
    policy denies every deletion, to everyone; a store that knows no policies is tolerated (`archive doctor` says so).
    """
    client = client if client is not None else _clients(config)[0]
    for bucket, locked in ((config.bucket, True), (config.ledger_bucket, True), (config.staging_bucket, False)):
        store = Store(client, bucket)
        _make_bucket(store, locked, config.region)
        if locked:
            store.require_fit()
    _deny_deletion(Store(client, config.ledger_bucket))


def _make_bucket(store: Store, locked: bool, region: str) -> None:
    try:
        store._call(store.client.head_bucket, "")
        return
    except NotFound:
        pass
    place: dict[str, Any] = {}
    if region != "us-east-1":
        place["CreateBucketConfiguration"] = {"LocationConstraint": region}
    store._call(store.client.create_bucket, "", ObjectLockEnabledForBucket=locked, **place)


def ledger_policy(bucket: str) -> dict[str, Any]:
    """Nobody deletes in the ledger bucket; not even a delete marker may be laid over an entry."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NobodyDeletesLedgerEntries",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
                "Resource": f"arn:aws:s3:::{bucket}/entries/*",
            }
        ],
    }


def _deny_deletion(store: Store) -> None:
    import contextlib

    with contextlib.suppress(StoreError, NotFound):
        store._call(store.client.put_bucket_policy, "", Policy=json.dumps(ledger_policy(store.bucket)))
