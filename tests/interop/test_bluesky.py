"""What the archive says of the AT Protocol reference network, after each thing that people do on it.

Servers: Bluesky's own PDS, AppView and directory. Driver: the official Python client. Text: comments that people
wrote. Store: a real SeaweedFS. Set up by tests/interop/setup.sh; without it these tests fail.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import secrets as random_names
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from atproto import Client

from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.errors import LoginExpired, Throttled
from social_archive.harvest import HarvestReport, run
from social_archive.note import Signer
from social_archive.platforms import Target
from social_archive.platforms.atproto import Network as Session
from social_archive.platforms.atproto import at_uri
from social_archive.platforms.bluesky import Bluesky
from social_archive.platforms.http import Http
from social_archive.record import Observation, evidential_digest, verify_row
from tests.interop.bluesky_network import Network, real_comments, running

pytestmark = [pytest.mark.interop, pytest.mark.slow]

POST, GATE, BLOCK = "app.bsky.feed.post", "app.bsky.feed.threadgate", "app.bsky.graph.block"
JWT_SECRET = "jwt-secret"  # the reference network's own
ORIGIN = "tests.example/ledger"


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with running(rate_limited=True) as started:
        yield started


@pytest.fixture(scope="module")
def words() -> Iterator[str]:
    return iter(real_comments(2_000))


# --------------------------------------------------------------------------- people


@dataclass(frozen=True)
class Ref:
    uri: str
    cid: str

    @property
    def rkey(self) -> str:
        return self.uri.rpartition("/")[2]


@dataclass
class Person:
    """Somebody with an account, acting through the official client."""

    network: Network
    handle: str
    password: str = "a-password"
    did: str = ""
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        repository = Client(base_url=f"{self.network.pds}/xrpc")
        made = repository.com.atproto.server.create_account(
            {"handle": self.handle, "email": f"{self.handle}@example.test", "password": self.password}
        )
        self.did = made.did
        self.client = Client(base_url=f"{self.network.pds}/xrpc")
        self.client.request.add_additional_header("Authorization", f"Bearer {made.access_jwt}")

    @property
    def repo(self) -> Any:
        return self.client.com.atproto.repo

    def post(self, text: str, parent: Ref | None = None, root: Ref | None = None, **more: Any) -> Ref:
        record: dict[str, Any] = {"$type": POST, "text": text, "createdAt": _now(), "langs": ["en"], **more}
        if parent is not None:
            ends = {"parent": parent, "root": root or parent}
            record["reply"] = {end: {"uri": ref.uri, "cid": ref.cid} for end, ref in ends.items()}
        return self.create(POST, record)

    def create(self, collection: str, record: dict[str, Any], rkey: str | None = None) -> Ref:
        data = {"repo": self.did, "collection": collection, "record": record} | ({"rkey": rkey} if rkey else {})
        made = self.repo.create_record(data)
        return Ref(made.uri, made.cid)

    def rewrite(self, ref: Ref, **changes: Any) -> None:
        old = self._raw(ref)
        record = {name: value for name, value in {**old, **changes}.items() if value is not None}
        self.repo.put_record({"repo": self.did, "collection": POST, "rkey": ref.rkey, "record": record})

    def delete(self, collection: str, ref: Ref) -> None:
        self.repo.delete_record({"repo": self.did, "collection": collection, "rkey": ref.rkey})

    def hide(self, root: Ref, *hidden: Ref) -> Ref:
        gate = {"$type": GATE, "post": root.uri, "createdAt": _now(), "hiddenReplies": [ref.uri for ref in hidden]}
        return self.create(GATE, gate, root.rkey)

    def block(self, other: Person) -> Ref:
        return self.create(BLOCK, {"$type": BLOCK, "subject": other.did, "createdAt": _now()})

    def _raw(self, ref: Ref) -> dict[str, Any]:
        with Http(base_url=self.network.pds, pace=Bluesky.pace) as http:
            where = {"repo": self.did, "collection": POST, "rkey": ref.rkey}
            return dict(http.get("xrpc/com.atproto.repo.getRecord", where).json()["value"])


@pytest.fixture
def person(network: Network) -> Callable[[str], Person]:
    return lambda name: Person(network, f"{name}-{random_names.token_hex(3)}.test")


@pytest.fixture
def library(person: Callable[[str], Person]) -> Person:
    return person("larkspur")


@pytest.fixture
def reader(network: Network, library: Person) -> Callable[..., Bluesky]:
    """The adapter on the library's account, as anybody could read it (or signed in)."""

    def adapter(**secrets: str) -> Bluesky:
        target = Target("larkspur", library.handle, _settings(network), secrets)
        return Bluesky(target, Http(base_url=network.bsky, pace=Bluesky.pace, secrets=tuple(secrets.values())))

    return adapter


def _settings(network: Network) -> dict[str, Any]:
    loopback = {name: getattr(network, name).replace("localhost", "127.0.0.1") for name in ("bsky", "pds", "plc")}
    return {"service": loopback["bsky"], "pds": loopback["pds"], "plc": loopback["plc"], "insecure_local": True}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --------------------------------------------------------------------------- the archive


@dataclass
class Kept:
    """An archive of the library's one account, and what a test asks of it."""

    archive: Archive
    network: Network

    def harvest(self, *, full: bool = True) -> HarvestReport:
        self.network.settle()
        return run(self.archive, self.archive.account("larkspur"), full=full)

    def rows(self) -> list[dict[str, Any]]:
        paths = self.archive.mirror.paths(self.archive.catalog.objects("records"))
        return [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]

    def history(self, ref: Ref) -> list[tuple[str, str | None]]:
        """State and text of each version of one thing, oldest first."""
        versions = sorted((r for r in self.rows() if r["native_id"] == ref.uri), key=lambda r: int(r["version"]))
        return [(r["state"], r["body"]) for r in versions]

    def latest(self, ref: Ref) -> dict[str, Any]:
        return max((r for r in self.rows() if r["native_id"] == ref.uri), key=lambda r: int(r["version"]))

    def gaps(self) -> set[tuple[str, str]]:
        return {(r["gap_reason"], r["state"]) for r in self.rows() if r["kind"] == "gap"}


@pytest.fixture
def kept(network: Network, library: Person, buckets: StoreConfig, tmp_path: Path) -> Iterator[Callable[..., Kept]]:
    opened: list[Archive] = []

    def archive(**secrets: str) -> Kept:
        folder = tmp_path / "agency"
        _write_agency(folder, buckets.bucket, library.handle, _settings(network), secrets)
        opened.append(open_archive(folder, state=tmp_path / "state"))
        return Kept(opened[-1], network)

    yield archive
    for each in opened:
        each.close()


def _write_agency(folder: Path, bucket: str, handle: str, settings: dict[str, Any], secrets: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    Signer.generate(ORIGIN).save(folder / "ledger.key")
    (folder / "agency.yaml").write_text(
        "agency: {name: Test Library, slug: test, jurisdiction: illinois, time_zone: America/Chicago}\n"
        f'store: {{bucket: {bucket}, endpoint_url: "env:ARCHIVE_S3_ENDPOINT"}}\n'
        f'ledger: {{origin: {ORIGIN}, signing_key: "file:{folder / "ledger.key"}"}}\n'
    )
    account = {"name": "larkspur", "platform": "bluesky", "handle": handle, "settings": settings, "secrets": secrets}
    (folder / "accounts.yaml").write_text(json.dumps({"accounts": [account]}))
    (folder / "retention.yaml").write_text(
        'retention: {version: "1", effective: 2026-01-01, items: '
        '[{id: "1", series: social-media, title: Posts and comments, citation: invented, years: 2}], '
        'rules: [{item: "1"}]}\n'
    )


def native_of(kept: Kept, ref: Ref) -> dict[str, Any]:
    return dict(json.loads(kept.latest(ref)["native"]))


# --------------------------------------------------------------------------- what people do


def test_replies_to_every_depth_are_archived_as_they_were_written(
    library: Person, person: Callable[[str], Person], kept: Callable[..., Kept], words: Iterator[str]
) -> None:
    ada, ben = person("ada"), person("ben")
    root = library.post("What did you read this summer?")
    said = {root.uri: "What did you read this summer?"}
    parent = root
    for who in (ada, ben, ada, library):
        text = next(words)
        parent = who.post(text, parent, root)
        said[parent.uri] = text
    archive = kept()
    report = archive.harvest()
    assert (report.outcome, report.posts, report.comments, report.replies) == ("ok", 1, 1, 3)
    assert {r["native_id"]: r["body"] for r in archive.rows() if r["kind"] != "profile"} == said
    assert all(verify_row(row) for row in archive.rows())
    assert archive.latest(parent)["author_is_account"] is True
    assert archive.harvest().wrote == 0, "a second run with nothing new writes nothing"
    assert archive.archive.ledger.verify().ok


def test_hundreds_of_real_comments_come_back_word_for_word(
    library: Person, person: Callable[[str], Person], kept: Callable[..., Kept], words: Iterator[str]
) -> None:
    root, ada = library.post("Tell us everything"), person("ada")
    texts = [next(words) for _ in range(400)]
    ends = {end: {"uri": root.uri, "cid": root.cid} for end in ("parent", "root")}
    for start in range(0, len(texts), 200):
        writes = [
            {
                "$type": "com.atproto.repo.applyWrites#create",
                "collection": POST,
                "value": {"$type": POST, "text": text, "createdAt": _now(), "reply": ends},
            }
            for text in texts[start : start + 200]
        ]
        ada.repo.apply_writes({"repo": ada.did, "writes": writes})
    archive = kept()
    report = archive.harvest()
    assert (report.comments, report.quarantined, archive.gaps()) == (400, 0, set())
    assert sorted(r["body"] for r in archive.rows() if r["kind"] == "comment") == sorted(texts)


def test_an_edit_and_its_undoing_are_three_versions(library: Person, kept: Callable[..., Kept]) -> None:
    post, archive = library.post("Open until 8"), kept()
    archive.harvest()
    for text in ("Open until 9", "Open until 8"):
        library.rewrite(post, text=text)
        assert archive.harvest().changed == 1
    assert [text for _, text in archive.history(post)] == ["Open until 8", "Open until 9", "Open until 8"]


def test_a_deleted_reply_is_deleted_and_the_replies_under_it_stay(
    library: Person, person: Callable[[str], Person], kept: Callable[..., Kept], words: Iterator[str]
) -> None:
    ada, ben, root = person("ada"), person("ben"), library.post("Book club?")
    top = ada.post(next(words), root)
    middle = ben.post(next(words), top, root)
    bottom = ada.post(next(words), middle, root)
    archive = kept()
    archive.harvest()
    ben.delete(POST, middle)
    report = archive.harvest()
    assert (report.deleted, report.changed) == (1, 0)
    assert [state for state, _ in archive.history(middle)] == ["present", "deleted"]
    assert native_of(archive, middle)["error"] == "RecordNotFound", "the deletion's evidence is the server's answer"
    assert [state for state, _ in archive.history(bottom)] == ["present"]
    assert archive.harvest().wrote == 0


def test_hiding_by_thread_gate_makes_a_hidden_version_and_unhiding_another(
    library: Person, person: Callable[[str], Person], kept: Callable[..., Kept], words: Iterator[str]
) -> None:
    ada, root = person("ada"), library.post("Be kind")
    rude, kind = ada.post(next(words), root), ada.post(next(words), root)
    under = library.post("We moderate by our policy", rude, root)
    archive = kept()
    archive.harvest()
    gate = library.hide(root, rude)
    archive.harvest()
    library.delete(GATE, gate)
    archive.harvest()
    assert [state for state, _ in archive.history(rude)] == ["present", "hidden", "present"]
    assert [state for state, _ in archive.history(kind)] == ["present"]
    assert [state for state, _ in archive.history(under)] == ["present"]


def test_a_block_hides_replies_from_everybody_and_leaves_a_gap_not_a_deletion(
    library: Person, person: Callable[[str], Person], kept: Callable[..., Kept], words: Iterator[str]
) -> None:
    ada, root = person("ada"), library.post("Questions?")
    known = ada.post(next(words), root)
    archive = kept()
    archive.harvest()
    block = library.block(ada)
    archive.harvest()
    assert [state for state, _ in archive.history(known)] == ["present"]
    assert archive.gaps() == {("replies_not_shown", "inaccessible")}
    library.delete(BLOCK, block)
    report = archive.harvest()
    assert [gap.closed for gap in report.gaps] == [True]


def test_a_closed_account_is_gone_with_evidence_and_present_again_when_it_returns(
    library: Person, person: Callable[[str], Person], kept: Callable[..., Kept], words: Iterator[str]
) -> None:
    ada, ben, root = person("ada"), person("ben"), library.post("Story time")
    gone = ada.post(next(words), root)
    under = ben.post(next(words), gone, root)
    archive = kept()
    archive.harvest()
    ada.client.com.atproto.server.deactivate_account({})
    archive.harvest()
    evidence = native_of(archive, gone)
    assert (evidence["did"], evidence["active"], evidence["status"]) == (ada.did, False, "deactivated")
    assert [state for state, _ in archive.history(under)] == ["present"]
    ada.client.com.atproto.server.activate_account()
    archive.harvest()
    assert [state for state, _ in archive.history(gone)] == ["present", "account_gone", "present"]


def test_the_librarys_own_closed_account_leaves_a_gap_and_keeps_what_was_read(
    library: Person, kept: Callable[..., Kept]
) -> None:
    post, archive = library.post("We are moving"), kept()
    archive.harvest()
    library.client.com.atproto.server.deactivate_account({})
    report = archive.harvest()
    assert report.outcome in ("paused", "partial")
    assert [gap.reason for gap in report.gaps] == ["account_gone"]
    assert [state for state, _ in archive.history(post)] == ["present"]


def test_a_picture_is_kept_as_uploaded_even_when_an_edit_destroys_it(
    library: Person, kept: Callable[..., Kept]
) -> None:
    picture = _png()
    blob = library.repo.upload_blob(picture).blob.model_dump(by_alias=True, exclude_none=True)
    images = [{"alt": "A heron, drawn", "image": _blob_ref(blob)}]
    post = library.post("Our heron", embed={"$type": "app.bsky.embed.images", "images": images})
    archive = kept()
    archive.harvest()
    (medium,) = archive.latest(post)["media"]
    assert (medium["outcome"], medium["alt"], medium["mime"]) == ("stored", "A heron, drawn", "image/png")
    assert medium["sha256"] == hashlib.sha256(picture).hexdigest()
    library.rewrite(post, embed=None)
    archive.harvest()
    assert not archive.latest(post)["media"]
    assert archive.archive.store.get(medium["key"], sha256=medium["sha256"]) == picture


def test_a_bio_is_a_record_with_versions(library: Person, kept: Callable[..., Kept]) -> None:
    archive = kept()
    for bio in ("Books and more", "Books, and a policy: larkspur.example/policy"):
        profile = {"$type": "app.bsky.actor.profile", "description": bio, "displayName": "Larkspur (invented)"}
        library.repo.put_record(
            {"repo": library.did, "collection": "app.bsky.actor.profile", "rkey": "self", "record": profile}
        )
        archive.harvest()
    assert [text for _, text in archive.history(Ref(library.did, ""))] == [
        "Books and more", "Books, and a policy: larkspur.example/policy",
    ]  # fmt: skip


# --------------------------------------------------------------------------- logins and limits


def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed_without_a_gap(
    network: Network, library: Person, person: Callable[[str], Person], kept: Callable[..., Kept],
    words: Iterator[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    ada, root = person("ada"), library.post("Signed in")
    comment = ada.post(next(words), root)
    monkeypatch.setenv("LARKSPUR_PASSWORD", library.password)
    swaps = _expire_after(monkeypatch, requests=2)
    archive = kept(password="env:LARKSPUR_PASSWORD")
    report = archive.harvest()
    assert swaps == ["expired"]
    assert (report.outcome, report.gaps) == ("ok", [])
    assert archive.history(comment)


def test_a_login_that_cannot_be_renewed_leaves_a_gap_that_names_it(
    library: Person, kept: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    library.post("Signed in")
    monkeypatch.setenv("LARKSPUR_PASSWORD", library.password)
    archive = kept(password="env:LARKSPUR_PASSWORD")
    assert archive.harvest().outcome == "ok"
    monkeypatch.setenv("LARKSPUR_PASSWORD", "not-the-password")
    report = archive.harvest()
    assert (report.outcome, [gap.reason for gap in report.gaps]) == ("paused", ["login_expired"])
    assert "not-the-password" not in report.message
    monkeypatch.setenv("LARKSPUR_PASSWORD", library.password)
    assert archive.harvest().outcome == "ok"
    assert archive.gaps() == {("login_expired", "inaccessible"), ("login_expired", "present")}


def test_a_revoked_session_is_a_login_expired_not_an_empty_account(
    library: Person, reader: Callable[..., Bluesky], network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.settle()
    adapter = reader(password=library.password)
    adapter.net.sign_in()
    assert adapter.net._tokens is not None
    access, refresh = adapter.net._tokens
    with Http(base_url=network.pds, pace=Bluesky.pace) as http:
        http.post("xrpc/com.atproto.server.deleteSession", headers={"Authorization": f"Bearer {refresh}"})
    adapter.net._tokens = (_expired(access), refresh)
    with pytest.raises(LoginExpired, match="signing in") as refused:
        list(adapter.profile())
    assert refresh not in str(refused.value)


def test_a_real_429_pauses_the_harvest_until_the_time_the_server_gave(
    network: Network, library: Person, kept: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    library.post("Busy day")
    monkeypatch.setenv("LARKSPUR_PASSWORD", library.password)
    archive = kept(password="env:LARKSPUR_PASSWORD")
    login = {"identifier": library.handle, "password": library.password}
    with Http(base_url=network.pds, pace=Bluesky.pace, budget_seconds=0) as http, contextlib.suppress(Throttled):
        for _ in range(30):
            http.post("xrpc/com.atproto.server.createSession", login)
    began = datetime.now(UTC)
    report = archive.harvest()
    assert [gap.reason for gap in report.gaps] == ["throttled"]
    assert report.regain_at is not None
    regain_at = datetime.fromisoformat(report.regain_at)
    assert timedelta(seconds=120) < regain_at - began <= timedelta(seconds=330)


# --------------------------------------------------------------------------- the adapter alone


def test_a_thread_deeper_than_one_answer_is_walked_to_its_end(
    library: Person, person: Callable[[str], Person], reader: Callable[..., Bluesky], network: Network
) -> None:
    ada, root = person("ada"), library.post("Count!")
    parent = root
    for number in range(150):
        parent = ada.post(str(number), parent, root)
    network.settle()
    adapter = reader()
    pages = list(adapter.thread(root.uri))
    found = [o for page in pages for o in adapter.records(page) if isinstance(o, Observation)]
    assert [o.body for o in found] == [str(number) for number in range(150)]
    assert pages[-1].shortfall is None


def test_a_back_dated_post_is_found_although_the_feed_sorts_it_away(
    library: Person, reader: Callable[..., Bluesky], network: Network
) -> None:
    library.post("Today")
    old = library.post("Imported from 2019", createdAt="2019-05-05T05:05:05Z")
    for number in range(100):
        library.post(f"Filling the first page {number}", createdAt="2020-01-01T00:00:00Z")
    network.settle()
    adapter = reader()
    since = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1_000_000)
    found = [o for page in adapter.posts(since) for o in adapter.records(page) if isinstance(o, Observation)]
    assert old.uri in {o.native_id for o in found}
    assert len({o.native_id for o in found}) == len(found) == 102


def test_a_record_reads_the_same_in_a_thread_by_its_id_and_in_the_repository(
    library: Person, person: Callable[[str], Person], reader: Callable[..., Bluesky], network: Network
) -> None:
    ada, root = person("ada"), library.post("Same?")
    facet = {
        "index": {"byteStart": 0, "byteEnd": 4},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://larkspur.example/"}],
    }
    reply = ada.post("Here you go", root, facets=[facet])
    network.settle()
    adapter = reader()
    in_thread = next(o for page in adapter.thread(root.uri) for o in adapter.records(page))
    by_id = adapter.item(reply.uri)
    assert isinstance(in_thread, Observation)
    assert by_id.observation is not None
    assert by_id.page.context["shape"] == "posts"
    name = at_uri(reply.uri)
    assert name is not None
    bare, _ = adapter._record(name)
    page = adapter._page("item", "record", bare)
    from_repository = next(adapter.records(page))
    assert isinstance(from_repository, Observation)
    digests = {evidential_digest(o) for o in (in_thread, by_id.observation, from_repository)}
    assert len(digests) == 1
    assert in_thread.links == ("https://larkspur.example/",)


# --------------------------------------------------------------------------- tricks


def _expire_after(monkeypatch: pytest.MonkeyPatch, requests: int) -> list[str]:
    """Put an expired token (signed with the server's own key) in the session's place after so many requests."""
    done: list[str] = []
    seen = 0
    genuine = Session._get

    def get(self: Session, host: str, method: str, params: Any) -> Any:
        nonlocal seen
        if self._tokens is not None:
            seen += 1
            if seen > requests and not done:
                done.append("expired")
                self._tokens = (_expired(self._tokens[0]), self._tokens[1])
        return genuine(self, host, method, params)

    monkeypatch.setattr(Session, "_get", get)
    return done


def _expired(token: str) -> str:
    """The same access token, two hours older."""
    head, claims, _ = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    known |= {"iat": known["iat"] - 14_400, "exp": known["iat"] - 7_200}
    signed = f"{head}.{_base64(json.dumps(known).encode())}"
    return f"{signed}.{_base64(hmac.digest(JWT_SECRET.encode(), signed.encode(), 'sha256'))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _blob_ref(blob: dict[str, Any]) -> dict[str, Any]:
    ref = blob["ref"]
    link = ref if isinstance(ref, str) else ref.get("$link") or ref.get("link")
    return {"$type": "blob", "ref": {"$link": str(link)}, "mimeType": blob["mimeType"], "size": blob["size"]}


def _png() -> bytes:
    """A small grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = (8).to_bytes(4) + (8).to_bytes(4) + bytes([8, 0, 0, 0, 0])
    rows = zlib.compress(b"".join(b"\0" + bytes([90] * 8) for _ in range(8)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
