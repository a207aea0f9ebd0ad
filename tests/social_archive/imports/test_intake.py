"""From a file to records: exactly once, with its origin, its media, itself, and what it could not contain."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from social_archive import audit, second_look
from social_archive.archive import Archive
from social_archive.errors import ConfigError
from social_archive.imports import ImportRefused, intake
from social_archive.joining import is_idless
from social_archive.record import verify_row
from tests.social_archive.imports.conftest import rows

pytestmark = pytest.mark.slow

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

COMMENTS = "Takeout/YouTube and YouTube Music/comments/comments.csv"
HEADER = (
    "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Post ID,Video ID,Comment Text,"
    "Top-Level Comment ID\r\n"
)


def takeout(*texts: str) -> dict[str, str]:
    lines = [
        f'Ug{n},UClarkspur,2026-0{n + 1}-05T10:00:00+00:00,0,,,vidvidvid01,"{{""text"":""{text}""}}",\r\n'
        for n, text in enumerate(texts)
    ]
    return {COMMENTS: HEADER + "".join(lines)}


def posts(*items: tuple[int, str], media: str | None = None) -> str:
    attached = [{"data": [{"media": {"uri": media, "creation_timestamp": 1}}]}] if media else []
    return json.dumps([{"timestamp": at, "data": [{"post": text}], "attachments": attached} for at, text in items])


POSTS = "this_profile's_activity_across_facebook/posts/profile_posts_1.json"
JUNE = 1_780_315_200  # 2026-06-01T12:00:00Z


def take(archive: Archive, path: Path, platform: str = "youtube", **more: Any) -> intake.ImportReport:
    return intake.run(archive, archive.account("larkspur", platform), path, **more)


def test_an_imported_record_says_so_and_from_where(archive: Archive, zipped: Zipped) -> None:
    path = zipped("takeout.zip", takeout("Thank you!", "We open at ten."))
    report = take(archive, path)
    assert (report.format, report.new, report.found, report.kept) == ("youtube", 2, {"comment": 2}, "yes")
    first = next(row for row in rows(archive) if row["native_id"] == "Ug0")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert verify_row(first)
    assert first["endpoint"] == f"import:{sha256}!{COMMENTS}"
    member = takeout("Thank you!", "We open at ten.")[COMMENTS]
    assert first["response_sha256"] == hashlib.sha256(member.encode()).hexdigest()
    assert (first["adapter"], first["flags"], first["http_date"]) == ("import.youtube/1", ["imported", "orphan"], None)
    assert first["observed_at"] == datetime(2026, 11, 1, 12, tzinfo=UTC)  # when the export was made
    assert (first["body"], first["parent_native_id"], first["author_is_account"]) == ("Thank you!", "vidvidvid01", True)


def test_the_file_is_kept_as_long_as_the_last_record_it_quotes(archive: Archive, zipped: Zipped) -> None:
    path = zipped("takeout.zip", takeout("January", "February", "March"))
    take(archive, path)
    kept = archive.catalog.objects("import")
    records = archive.catalog.objects("records")
    assert len(kept) == 1
    assert archive.store.get(kept[0].key, kept[0].version_id) == path.read_bytes()
    assert kept[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert kept[0].retain_until == max(o.retain_until for o in records if o.retain_until)
    assert archive.store.lock_state(kept[0].key, kept[0].version_id).hold
    assert "takeout" not in kept[0].key


def test_what_the_file_could_not_contain_is_a_gap_over_its_span(archive: Archive, zipped: Zipped) -> None:
    report = take(archive, zipped("takeout.zip", takeout("January", "February")))
    gap = next(row for row in rows(archive) if row["kind"] == "gap")
    assert (gap["gap_reason"], gap["state"]) == ("import_limits", "inaccessible")
    assert gap["gap_from"] == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert gap["gap_to"] == datetime(2026, 2, 5, 10, tzinfo=UTC)
    assert "no comment of anybody else" in gap["body"]
    assert gap["body"] == " ".join(report.shortcomings)


def test_the_same_file_twice_adds_nothing(archive: Archive, zipped: Zipped) -> None:
    path = zipped("takeout.zip", takeout("January", "February"))
    take(archive, path)
    before = {v.version_id for v in archive.store.versions("")}
    again = take(archive, path)
    assert (again.new, again.changed, again.entries, again.kept) == (0, 0, [], "already")
    assert {v.version_id for v in archive.store.versions("")} == before


def test_a_later_export_may_change_what_was_only_imported(archive: Archive, zipped: Zipped) -> None:
    take(archive, zipped("old.zip", takeout("Thank you!")), batch=1)
    older = zipped("older.zip", {COMMENTS: takeout("Thank")[COMMENTS]})
    newer = older.with_name("newer.zip")
    with zipfile.ZipFile(newer, "w") as made:
        made.writestr(zipfile.ZipInfo(COMMENTS, (2026, 11, 20, 0, 0, 0)), takeout("Thank you all!")[COMMENTS])
    assert take(archive, older).changed == 0  # of the same moment: it says nothing newer
    assert take(archive, newer).changed == 1
    versions = [(row["version"], row["body"]) for row in rows(archive) if row["native_id"] == "Ug0"]
    assert versions == [(1, "Thank you!"), (2, "Thank you all!")]


def test_media_in_the_file_is_kept_and_what_is_named_but_not_there_is_missing(archive: Archive, zipped: Zipped) -> None:
    picture = b"\x89PNG invented" * 100
    attached = [{"media": {"uri": "posts/media/1_n.png"}}, {"media": {"uri": "posts/media/2_n.png"}}]
    post = {"timestamp": JUNE, "data": [{"post": "The mural"}], "attachments": [{"data": attached}]}
    path = zipped("facebook.zip", {
        POSTS: json.dumps([post]),
        "this_profile's_activity_across_facebook/posts/media/1_n.png": picture,
    })  # fmt: skip
    report = take(archive, path, "facebook")
    assert (report.media_stored, report.media_missing) == (1, 1)
    post = next(row for row in rows(archive) if row["kind"] == "post")
    there, missing = post["media"]
    assert (there["outcome"], there["mime"], missing["outcome"]) == ("stored", "image/png", "missing")
    assert archive.store.get(there["key"]) == picture
    assert there["sha256"] == hashlib.sha256(picture).hexdigest()
    again = take(archive, path, "facebook")
    assert (again.media_stored, again.media_missing) == (0, 0)


def test_one_broken_item_is_quarantined_and_the_others_are_taken(archive: Archive, zipped: Zipped) -> None:
    good = json.dumps({"timestamp": JUNE, "data": [{"post": "Fine"}]}).encode()
    body = b"[" + good + b', {"timestamp": 1, "data": [{"post": "\xff\xfe"}]}, {"timestamp": NaN}]'
    report = take(archive, zipped("facebook.zip", {POSTS: body}), "facebook")
    assert (report.new, report.quarantined) == (1, 2)
    assert len(archive.catalog.quarantine_items()) == 2


def test_an_export_with_nothing_in_it_stores_nothing(archive: Archive, zipped: Zipped) -> None:
    with pytest.raises(ImportRefused, match="no item in it"):
        take(archive, zipped("takeout.zip", {COMMENTS: HEADER}))
    assert list(archive.store.versions("")) == []


def test_a_file_that_nobody_knows_is_refused_with_what_was_looked_for(archive: Archive, zipped: Zipped) -> None:
    with pytest.raises(ImportRefused) as refused:
        take(archive, zipped("notes.zip", {"notes/today.txt": "Milk"}))
    assert "youtube: a table with the columns Comment ID" in str(refused.value)
    assert "Found notes/today.txt" in str(refused.value)


def test_an_export_of_another_platform_is_refused(archive: Archive, zipped: Zipped) -> None:
    with pytest.raises(ConfigError, match="is on facebook"):
        take(archive, zipped("takeout.zip", takeout("Hello")), "facebook")


def test_a_dry_run_counts_and_stores_nothing(archive: Archive, zipped: Zipped) -> None:
    path = zipped("takeout.zip", takeout("January", "February"))
    report = take(archive, path, dry_run=True)
    assert (report.new, report.unchanged, report.found) == (2, 0, {"comment": 2})
    assert list(archive.store.versions("")) == []
    take(archive, path)
    again = take(archive, path, dry_run=True)
    assert (again.new, again.unchanged) == (0, 2)


def test_without_keeping_the_file_a_later_import_may_still_keep_it(archive: Archive, zipped: Zipped) -> None:
    path = zipped("takeout.zip", takeout("January"))
    take(archive, path, keep=False)
    assert archive.catalog.objects("import") == []
    report = take(archive, path)
    assert (report.new, report.kept, len(report.entries)) == (0, "yes", 1)
    assert len(archive.catalog.objects("import")) == 1


def test_posts_that_are_past_their_retention_are_taken_in_and_held(archive: Archive, zipped: Zipped) -> None:
    """Nothing is disposed of by being old when it arrives."""
    old = posts((1_400_000_000, "From 2014"), (1_500_000_000, "From 2017"))
    assert take(archive, zipped("facebook.zip", {POSTS: old}), "facebook").new == 2
    for o in archive.catalog.objects():
        lock = archive.store.lock_state(o.key, o.version_id)
        assert lock.hold
        assert lock.retain_until is not None
        assert lock.retain_until > datetime.now(UTC)
    assert audit.sweep(archive)["sealed_again"] == 0


def test_what_a_corrected_mapping_explains_leaves_quarantine(archive: Archive, tmp_path: Path) -> None:
    """A retry with the platform's adapter could not read a table's row: importing the file again does."""
    table, mapping = tmp_path / "vendor.csv", tmp_path / "mapping.yaml"
    table.write_text("id,type,text,when\n1,Post,Open,2026-06-01\n2,Remark,Hello,2026-06-02\n")
    columns = "{native_id: id, body: text, created_at: when, kind: {column: type, values: {%s}}}"
    mapping.write_text(f"mapping:\n  columns: {columns % 'Post: post'}\n")
    account = archive.account("larkspur", "facebook")
    first = intake.run(archive, account, table, mapping=mapping)
    assert (first.new, first.quarantined) == (1, 1)
    assert [outcome.reasons for outcome in second_look.retry(archive)] == [(second_look.OF_AN_IMPORT,)]
    mapping.write_text(f"mapping:\n  columns: {columns % 'Post: post, Remark: comment'}\n")
    second = intake.run(archive, account, table, mapping=mapping)
    assert (second.new, second.unchanged, second.quarantined) == (1, 1, 0)
    assert archive.catalog.quarantine_items() == []
    third = intake.run(archive, account, table, mapping=mapping)
    assert third.entries == []


def test_an_attachment_is_stored_once_though_its_post_changed(archive: Archive, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        'mapping:\n  member: "*.csv"\n  columns: {native_id: id, body: text, created_at: when, media: files}\n'
    )
    account = archive.account("larkspur", "facebook")
    for day, text in ((1, "The mural"), (2, "The mural again")):
        with zipfile.ZipFile(tmp_path / f"{day}.zip", "w") as made:
            for name, body in (("t.csv", f"id,text,when,files\n1,{text},2026-06-01,a.png\n"), ("a.png", "picture")):
                made.writestr(zipfile.ZipInfo(name, (2026, 7, day, 0, 0, 0)), body)
        report = intake.run(archive, account, tmp_path / f"{day}.zip", mapping=mapping)
        assert report.media_missing == 0
    versions = [row for row in rows(archive) if row["native_id"] == "1"]
    assert [row["version"] for row in versions] == [1, 2]
    assert versions[0]["media"] == versions[1]["media"]
    assert len(archive.catalog.objects("media")) == 1


def test_no_word_of_the_export_stands_in_keys_entries_or_evidence(archive: Archive, zipped: Zipped) -> None:
    path = zipped("CANARYFILE.zip", {
        "CANARYFOLDER/posts/profile_posts_1.json": posts((JUNE, "CANARYWORDS"), (JUNE, "x" * 9), media="CANARY.png"),
        "CANARYFOLDER/CANARY.png": b"CANARY",
        "CANARYFOLDER/posts/profile_posts_2.json": '[{"timestamp": NaN, "title": "CANARYTITLE"}]',
    })  # fmt: skip
    assert take(archive, path, "facebook").quarantined == 1
    entries = [(e.header, e.leaves) for e in archive.ledger.entries()]
    keys = [v.key for v in archive.store.versions("")]
    validations = [archive.store.get(o.key, o.version_id) for o in archive.catalog.objects("validation")]
    assert "CANARY" not in repr((entries, keys, validations))


def test_a_member_too_large_for_memory_is_stored_in_a_stream(archive: Archive, tmp_path: Path) -> None:
    """Forty megabytes in a table's neighbour: put through a file, hashed on the way, the same bytes in the store."""
    film = hashlib.sha256(b"invented").digest() * (40 * 2**20 // 32)
    folder = tmp_path / "export"
    (folder / "posts/media").mkdir(parents=True)
    (folder / "posts/profile_posts_1.json").write_text(posts((JUNE, "A film"), media="posts/media/film.mp4"))
    (folder / "posts/media/film.mp4").write_bytes(film)
    report = take(archive, folder, "facebook")
    assert (report.media_stored, report.kept) == (1, "yes")
    stored = archive.catalog.objects("media")[0]
    assert (stored.size, stored.sha256) == (len(film), hashlib.sha256(film).hexdigest())
    assert archive.store.get(stored.key, stored.version_id, sha256=stored.sha256) == film
    kept = archive.catalog.objects("import")[0]  # a folder is kept as one file, a zip
    assert zipfile.is_zipfile(io.BytesIO(archive.store.get(kept.key, kept.version_id, sha256=report.sha256)))


def test_what_has_no_id_gets_one_of_ours_and_keeps_it(archive: Archive, zipped: Zipped) -> None:
    take(archive, zipped("one.zip", {POSTS: posts((JUNE, "Same  words"), (JUNE + 1, "Other"))}), "facebook")
    report = take(archive, zipped("two.zip", {POSTS: posts((JUNE, "Same words"), (JUNE + 2, "New"))}), "facebook")
    assert (report.new, report.changed) == (1, 0)
    assert all(is_idless(row["native_id"]) for row in rows(archive) if row["kind"] == "post")
