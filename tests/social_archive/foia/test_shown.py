"""The story of a canary: somebody stands in every place in which an identity can hide, and leaves in none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from social_archive.accession import describe
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.errors import ArchiveError
from social_archive.foia.bundle.model import File
from social_archive.foia.dispositions import FrozenSearch, Hit, Item, Outcome, Reviewed, ShownItem, Term, token
from social_archive.foia.leaks import scan
from social_archive.foia.matching import Matcher, identity_terms
from social_archive.foia.shown import NotAllThere, shown_items, stored_rows
from social_archive.proving import prove
from social_archive.record import Media, Observation
from social_archive.stack.seaweed import Seaweed
from social_archive.store import ensure_buckets
from tests.social_archive.foia import test_media as pictures
from tests.social_archive.foia.scenes import DAY, PERSON, library, said, take_in

pytestmark = pytest.mark.slow

CODE = "7(1)(c)"
HER_POST = "113370000000000042"


def attached(
    archive: Archive, body: bytes, mime: str, *, name: str, alt: str | None
) -> tuple[Media, dict[str, object]]:
    cohort = archive.schedule.cohort_of(said("x", "x"))
    ref = archive.store.put(f"{cohort.media_prefix()}{'0123456789abcdef'[len(body) % 16]}{len(body):031x}", body)
    medium = Media(
        f"id-{len(body)}", f"https://files.example/{name}", alt, mime, ref.key, ref.sha256, ref.size, "stored"
    )
    return medium, describe(ref, cls="media", rows=0, retain_until=cohort.retain_until)


def planted() -> list[Observation]:
    """PERSON in the places that text can be in; the attachments come to it."""
    p = PERSON
    clean = json.dumps({"id": "c", "text": "nothing"}).encode()
    quoting = json.dumps({"quoted": {"account": {"display_name": p.name, "acct": p.handle}, "id": HER_POST}}).encode()
    return [
        said("p1", "The parking lot closes on Monday.", kind="post", under=None, name="Larkspur", handle="larkspur",
             id="1", author_is_account=True),
        said(HER_POST, "I park there every day.", minutes=1, name=p.name, handle=p.handle, id=p.id,
             author_avatar=f"https://cdn.example/avatars/{p.id}.png"),
        said("c3", f"{p.name} said: I park there every day.", under=HER_POST, minutes=2, native=clean),
        said("c4", f"@{p.handle} is right, and @{p.handle.upper()} knows it", minutes=3, native=clean),
        said("c5", "See there.", minutes=4, links=(f"https://social.example/@{p.handle}/{HER_POST}",), native=clean),
        said("c6", "Quite so.", minutes=5, native=quoting),
        said("c7", "I agree.", minutes=6, name=f"Friends of {p.name}", native=clean),
        said("c8", "Where?", minutes=7, native=clean, endpoint=f"https://social.example/api?acct=%40{p.handle}"),
        said("c9", "Ｚｅｌｄａ Ｑｕｉｌｌｆｅａｔｈｅｒ, Zel\u200bda QUILL\u00adFEATHER", minutes=8, native=clean),
        said("c10", f"write to {p.email} or call {p.phone}", minutes=9, native=clean),
        said("c11", "Story time was lovely.", minutes=10, name="Cy (invented)", handle="cy", id="1003"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, object_store: StoreConfig, weed: Seaweed) -> Iterator[Archive]:
    config = object_store.model_copy(update={"bucket": "t-foia-shown"})
    ensure_buckets(config, client=weed.client("admin"))
    made = library(tmp_path_factory.mktemp("shown"), config.bucket)
    film = b"\0\0\0\x18ftypmp42" + bytes(range(256)) + f"by {PERSON.name}".encode("utf-16-be")
    files = [
        attached(made, pictures.jpeg(), "image/jpeg", name="IMG_1.jpg", alt=f"The lot, photo by {PERSON.name}"),
        attached(made, pictures.png(), "image/png", name=f"{PERSON.handle}_2026.png", alt="The lot"),
        attached(made, film, "video/mp4", name="film.mp4", alt=None),
    ]
    seen = planted()
    for o, (medium, _) in zip(seen[2:5], files, strict=True):
        o.media = (medium,)
    take_in(made, seen[:6], media=[described for _, described in files])
    take_in(made, seen[6:])
    yield made
    made.close()


@pytest.fixture(scope="module")
def hits(archive: Archive) -> list[Hit]:
    """All things, oldest first."""
    things: dict[str, tuple[int, str]] = {}
    for path in archive.mirror.paths(archive.catalog.objects("records")):
        table = pq.read_table(path, columns=["rid", "created_at"], partitioning=None)
        things |= {row["rid"]: (row["created_at"], row["rid"]) for row in table.to_pylist()}
    ordered = sorted(things, key=lambda rid: things[rid])
    return [Hit(place, rid, (1,)) for place, rid in enumerate(ordered, 1)]


def reviewed(items: list[Item], terms: list[Term]) -> Reviewed:
    search = FrozenSearch("e", 1, {}, 1, 1, len(items), tuple(item.hit for item in items))
    return Reviewed("r", "2026-1", search, tuple(items), tuple(terms), "plan")


def decided(hit: Hit, outcome: Outcome = "released", **more: object) -> Item:
    return Item(hit, f"LPL-2026-1-{hit.place:04d}", outcome, **more)  # type: ignore[arg-type]


def without_her(hits: list[Hit]) -> list[Item]:
    her = decided(hits[1], "redacted", withheld_fields={"author": CODE})
    return [her if hit is hits[1] else decided(hit) for hit in hits]


def everything(items: list[ShownItem]) -> list[File]:
    """All that a writer gets, as files: rows, names, bytes of attachments."""
    files = []
    for item in items:
        for version in item.versions:
            told = [version.row, version.cut, item.answers, [(m.alt, m.mime, m.outcome) for m in version.media]]
            files.append(File(f"{item.item.control}.json", json.dumps(told, ensure_ascii=False).encode()))
            files.append(File(f"{item.item.control}.bin", version.native or b""))
            for medium in version.media:
                if medium.path is not None:
                    body = medium.derivative if medium.derivative is not None else Path(medium.path)
                    files.append(File(f"{item.item.control}-{medium.number}.{medium.mime.rpartition('/')[2]}", body))
    return files


@pytest.fixture(scope="module")
def terms(archive: Archive, hits: list[Hit]) -> list[Term]:
    rows = stored_rows(archive, [decided(hits[1])])[hits[1].rid]
    more = [Term(text, CODE, "act-2") for text in (PERSON.email, PERSON.phone)]
    return [*identity_terms(rows, CODE, "act-1"), *more]


def test_a_person_who_is_left_out_leaves_nowhere(archive: Archive, hits: list[Hit], terms: list[Term]) -> None:
    items = without_her(hits)
    before = shown_items(archive, reviewed([decided(hit) for hit in hits], []))
    leaking = {leak.path.partition(".")[0] for leak in scan(everything(before), terms)}
    assert leaking > {f"LPL-2026-1-{n:04d}" for n in range(2, 11)}
    assert "LPL-2026-1-0011" not in leaking

    done: list[tuple[int, int]] = []
    after = shown_items(archive, reviewed(items, terms), lambda at, of: done.append((at, of)))
    assert done == [(11, 11)]
    assert scan(everything(after), terms) == []
    matcher = Matcher(terms)
    bodies = [file.body.read_bytes() if isinstance(file.body, Path) else file.body for file in everything(after)]
    assert not any(matcher.touches_bytes(body) for body in bodies)


def test_all_else_leaves_and_can_be_proven(archive: Archive, hits: list[Hit], terms: list[Term]) -> None:
    items = without_her(hits)
    shown = {item.item.hit.place: item for item in shown_items(archive, reviewed(items, terms))}
    body = {place: item.versions[0].row["body"] for place, item in shown.items()}
    assert body[2] == "I park there every day."
    assert body[3] == f"{token(CODE)} said: I park there every day."
    assert body[4] == f"@{token(CODE)} is right, and @{token(CODE)} knows it"
    assert body[9] == token(CODE)  # in between stands the name turned around
    assert body[10] == f"write to {token(CODE)} or call {token(CODE)}"
    assert shown[11].versions[0].cut == shown[1].versions[0].cut == {}
    assert shown[3].answers == "LPL-2026-1-0002"  # although the platform's ids are gone
    assert shown[3].versions[0].row["parent_native_id"] is None
    assert [shown[n].versions[0].media[0].outcome for n in (3, 4, 5)] == ["stored", "stored", "withheld"]
    for item in shown.values():
        version = item.versions[0]
        proof = prove(archive, item.item.hit.rid, version=1, reveal=version.revealed)
        told = {field["name"]: field.get("value") for field in proof["fields"]}
        assert {name for name, value in told.items() if value is not None} == version.revealed
        if "body" in version.revealed:
            assert told["body"] == {"s": version.row["body"]}


def test_a_withheld_hit_gives_nothing_but_what_its_proof_needs(archive: Archive, hits: list[Hit]) -> None:
    gone = Hit(12, "ff" * 16, (1,))
    items = [decided(hits[0], "withheld", codes=(CODE,)), decided(hits[1]), decided(gone, "disposed", certificate="c")]
    first, second, last = shown_items(archive, reviewed(items, []))
    assert (first.versions, len(first.withheld_rows)) == ((), 1)
    assert (second.answers, second.versions[0].row["created_at"]) == ("LPL-2026-1-0001", _at(minutes=1))
    assert (last.versions, last.withheld_rows) == ((), ())


def _at(*, minutes: int) -> int:
    return int(DAY.timestamp()) * 1_000_000 + minutes * 60_000_000


def test_a_version_that_is_not_there_stops_it(archive: Archive, hits: list[Hit]) -> None:
    missing = Hit(1, hits[0].rid, (1, 2))
    with pytest.raises(NotAllThere, match="Version 2 of LPL-2026-1-0001"):
        shown_items(archive, reviewed([decided(missing)], []))
    assert issubclass(NotAllThere, ArchiveError)
