"""A small archive with two folders of old records, made without a harvest: fast, and its story is told here.

May 2023: a post with a picture, two comments, one of them edited later (so the folder has two objects). August 2024: a
late reply. Beside them a profile and an item in quarantine. Everything in it is invented.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from social_archive.accession import Batch, commit, describe
from social_archive.archive import Archive, open_archive
from social_archive.catalog import CatalogObject
from social_archive.quarantine import quarantine_rows
from social_archive.record import Media, Observation, Unreadable, micros
from tests.agencies import agency_folder

MAY: Final = "2023-05"
AUGUST: Final = "2024-08"
RECORDS: Final = 6
"""Versions of records: profile, post, two comments, an edit, a reply."""
OF_MAY: Final = 4
PLACE: Final = {"platform": "mastodon", "account": "larkspur"}

PICTURE: Final = b"an invented picture"


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


def stocked_archive(folder: Path, bucket: str) -> Archive:
    """The archive of `folder`/agency, its caches in `folder`/state."""
    archive = open_archive(agency_folder(folder / "agency", bucket), state=folder / "state")
    picture = _picture(archive)
    media = (Media(id="m1", url="https://social.example/m1.jpg", key=picture["key"], sha256=picture["sha256"],
                   bytes=len(PICTURE), mime="image/jpeg", outcome="stored"),)  # fmt: skip
    _take(
        archive,
        _seen("larkspur", "profile", "An invented library", created=None),
        _seen("p1", "post", "Summer reading CANARY", media=media),
        _seen("c1", "comment", "Lovely CANARY", root="p1"),
        _seen("c2", "comment", "When does it start?", root="p1"),
        _seen("r1", "reply", "Late to the party", root="p1", created="2024-08-09T10:00:00"),
        quarantined=_unreadable(), media=[picture], evidence={"suite": "invented"},
    )  # fmt: skip
    _take(archive, _seen("c1", "comment", "Lovely, edited", root="p1", observed="2025-02-01T00:00:00"))
    return archive


def of_month(archive: Archive, month: str, cls: str = "records") -> list[CatalogObject]:
    """The live objects of one folder of posts and comments."""
    return [o for o in archive.catalog.objects(cls) if (o.series, o.cutoff) == ("social-media", month)]


def rid_of(archive: Archive, native_id: str) -> str:
    return archive.catalog.latest("mastodon", "larkspur", [native_id])[native_id].rid


def _seen(native_id: str, kind: Any, body: str, *, root: str | None = None, created: str | None = "2023-05-04T12:00:00",
          observed: str = "2025-01-01T00:00:00", media: tuple[Media, ...] = ()) -> Observation:  # fmt: skip
    return Observation(
        kind=kind, native_id=native_id, native=body.encode(), body=body, **PLACE, root_native_id=root,
        parent_native_id=root, author_id="canary-person", author_handle="canary-person", media=media,
        created_at=at(created) if created else None, observed_at=at(observed), harvest_id="h1", adapter="scripted/1",
        endpoint="https://social.example/thread",
    )  # fmt: skip


def _take(archive: Archive, *observations: Observation, **more: Any) -> None:
    commit(archive, Batch("mastodon", "larkspur", "h1", list(observations), **more))


def _unreadable() -> list[dict[str, Any]]:
    item = Unreadable(native=b'{"id": NaN, "said": "CANARY"}', reason="not_json", observed_at=at("2025-01-01T00:00:00"))
    return quarantine_rows([], [item], **PLACE, harvest_id="h1", adapter="scripted/1")


def _picture(archive: Archive) -> dict[str, Any]:
    ref = archive.store.put(f"media/series=social-media/cutoff={MAY}/{'0' * 32}", PICTURE)
    return describe(ref, cls="media", rows=0, retain_until=None)
