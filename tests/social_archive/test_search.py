from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from social_archive.errors import NotFound
from social_archive.quarantine import quarantine_rows, quarantine_table
from social_archive.record import Media, Observation, Unreadable, Version, accessioned, evidential_digest, table
from social_archive.search import Query, Search, SearchError, Thread

DAY = 86_400_000_000
T0 = 1_767_225_600_000_000  # 2026-01-01


class Written:
    """Versions of things, as an archive would hold them."""

    def __init__(self) -> None:
        self.versions: list[Version] = []
        self._next: dict[str, int] = {}

    def add(self, native_id: str, body: str | None = None, **fields: Any) -> str:
        """One more version of a thing; its rid."""
        fields = {"kind": "comment", "created_at": T0, "observed_at": T0 + DAY, "account": "main", **fields}
        o = Observation(
            native_id=native_id, native=(body or "").encode(), body=body, platform=fields.pop("platform", "mastodon"),
            harvest_id="h", adapter="mastodon/1", **fields,
        )  # fmt: skip
        rid = hashlib.sha256(f"{o.account}/{native_id}".encode()).hexdigest()[:32]
        number = self._next[rid] = self._next.get(rid, 0) + 1
        digest = evidential_digest(o)
        self.versions.append(
            accessioned(o, rid=rid, version=number, series="s", cutoff="2026-01", retain_until=None, digest=digest)
        )
        return rid

    def search(self, folder: Path, *, files: int = 1, shuffle: int | None = None) -> Search:
        versions = list(self.versions)
        if shuffle is not None:
            random.Random(shuffle).shuffle(versions)
        return Search(write(folder, [versions[i::files] for i in range(files)]))


def write(folder: Path, files: Sequence[list[Version]]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, versions in enumerate(files):
        if versions:
            paths.append(folder / f"o'{number}-{random.random()}.parquet")
            pq.write_table(table(versions), paths[-1])
    return paths


@pytest.fixture
def written() -> Written:
    return Written()


def bodies(search: Search, **query: Any) -> list[str | None]:
    return [row["body"] for row in search.find(Query(**query)).rows]


# --------------------------------------------------------------------------- finding


def test_all_words_must_occur_in_any_order_and_anywhere_in_a_record(written: Written, tmp_path: Path) -> None:
    written.add("1", "The parking lot is full")
    written.add("2", "parking", author_name="Lot Invented")
    written.add("3", "parking", media=(Media(id="m", url="https://x.example/m", alt="An empty lot"),))
    written.add("4", "parking only")
    assert set(bodies(written.search(tmp_path), text="LOT parking")) == {"The parking lot is full", "parking"}
    assert written.search(tmp_path).find(Query(text="lot parking")).total == 3


def test_newest_comes_first_and_ties_are_always_in_one_order(written: Written, tmp_path: Path) -> None:
    for n in range(20):
        written.add(str(n), f"text {n}", created_at=T0 + (n % 4) * DAY)
    one = written.search(tmp_path / "a", files=1).find(Query(limit=100)).rows
    other = written.search(tmp_path / "b", files=7, shuffle=3).find(Query(limit=100)).rows
    assert one == other
    assert [row["created_at"] for row in one] == sorted((row["created_at"] for row in one), reverse=True)


def test_pages_join_without_loss_or_repetition(written: Written, tmp_path: Path) -> None:
    for n in range(25):
        written.add(str(n), "same text")
    search = written.search(tmp_path, files=3)
    pages = [search.find(Query(text="same", limit=10, offset=offset)) for offset in (0, 10, 20, 30)]
    assert [len(page.rows) for page in pages] == [10, 10, 5, 0]
    assert {page.total for page in pages} == {25}
    assert len({row["rid"] for page in pages for row in page.rows}) == 25


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"account": "kids"}, {"c"}),
        ({"platform": "bluesky"}, {"d"}),
        ({"author": "@Ana@X.example"}, {"a"}),
        ({"author": "42"}, {"b"}),
        ({"author": "dolores"}, {"c"}),
        ({"kinds": ("post", "reply")}, {"b", "d"}),
        ({"states": ("hidden",)}, {"c"}),
        ({"since": T0 + DAY}, {"b", "c", "d"}),
        ({"until": T0 + DAY}, {"a"}),
        ({"since": T0 + DAY, "until": T0 + 2 * DAY}, {"b"}),
        ({"account": "main", "kinds": ("comment",)}, {"a"}),
    ],
)
def test_filters_all_hold(written: Written, tmp_path: Path, query: dict[str, Any], found: set[str]) -> None:
    written.add("a", "a", author_handle="ana@x.example")
    written.add("b", "b", author_id="42", kind="post", created_at=T0 + DAY)
    written.add("c", "c", author_name="Dolorès Invented", account="kids", state="hidden", created_at=T0 + 2 * DAY)
    written.add("d", "d", platform="bluesky", kind="reply", created_at=T0 + 3 * DAY)
    assert set(bodies(written.search(tmp_path), **query)) == found


def test_what_has_no_date_is_placed_by_when_it_was_seen(written: Written, tmp_path: Path) -> None:
    written.add("p", "bio", kind="profile", created_at=None, observed_at=T0 + 5 * DAY)
    written.add("c", "comment", created_at=T0)
    search = written.search(tmp_path)
    assert bodies(search) == ["bio", "comment"]
    assert bodies(search, since=T0 + 4 * DAY) == ["bio"]


@pytest.mark.parametrize("text", ["'; DROP TABLE hits; --", "$1", "' OR 1=1 --", "\\", "(?i)", "%", "a' UNION"])
def test_what_is_typed_is_only_ever_text(written: Written, tmp_path: Path, text: str) -> None:
    written.add("1", "nothing of that kind")
    search = written.search(tmp_path)
    for query in (Query(text=text), Query(author=text), Query(account=text), Query(kinds=(text,))):
        assert search.find(query).total == 0
    assert search.find(Query()).total == 1


def test_a_text_without_anything_to_look_for_is_refused(written: Written, tmp_path: Path) -> None:
    with pytest.raises(SearchError):
        written.search(tmp_path).find(Query(text="\u200b"))


def test_an_empty_archive_answers(tmp_path: Path) -> None:
    results = Search([]).find(Query(text="anything"))
    assert (results.rows, results.total, results.gaps, results.quarantined) == ([], 0, [], 0)


def test_native_bytes_and_the_rows_secret_stay_out_of_answers(written: Written, tmp_path: Path) -> None:
    rid = written.add("1", "text")
    search = written.search(tmp_path)
    assert not {"native", "secret"} & set(search.find(Query()).rows[0])
    assert search.versions(rid, native=True)[0]["native"] == b"text"


# --------------------------------------------------------------------------- versions and states


def test_a_thing_is_its_latest_version(written: Written, tmp_path: Path) -> None:
    written.add("1", "first words")
    written.add("1", "second words", observed_at=T0 + 2 * DAY)
    search = written.search(tmp_path, files=2)
    assert bodies(search, text="first") == []
    assert bodies(search, text="second") == ["second words"]
    assert bodies(search, text="words", all_versions=True) == ["second words", "first words"]
    assert search.find(Query()).rows[0]["versions"] == 2


def test_an_edit_back_is_found_as_it_stands_now(written: Written, tmp_path: Path) -> None:
    for text in ("alpha", "beta", "alpha"):
        written.add("1", text)
    search = written.search(tmp_path, files=3)
    assert bodies(search, text="beta") == []
    assert search.find(Query(text="alpha")).rows[0]["version"] == 3


@pytest.mark.parametrize("state", ["deleted", "missing_unconfirmed", "account_gone", "inaccessible"])
def test_what_is_gone_keeps_the_last_text_that_was_seen(written: Written, tmp_path: Path, state: str) -> None:
    written.add("1", "kept words", author_handle="ana", media=(Media(id="m", url="https://x.example/m"),))
    rid = written.add("1", None, state=state, observed_at=T0 + 9 * DAY)
    search = written.search(tmp_path, files=2)
    (row,) = search.find(Query(text="kept", states=(state,))).rows
    assert (row["rid"], row["state"], row["version"], row["body_version"]) == (rid, state, 2, 1)
    assert (row["author_handle"], row["observed_at"], len(row["media"])) == ("ana", T0 + 9 * DAY, 1)
    assert bodies(search, states=("present",)) == []


def test_a_text_that_was_taken_out_is_not_brought_back(written: Written, tmp_path: Path) -> None:
    written.add("1", "words")
    written.add("1", None, media=(Media(id="m", url="https://x.example/m"),))
    assert bodies(written.search(tmp_path)) == [None]


# --------------------------------------------------------------------------- gaps and quarantine


def gap(written: Written, native_id: str, start: int | None, end: int | None, **fields: Any) -> None:
    written.add(
        native_id, "could not see", kind="gap", gap_reason="throttled", gap_from=start, gap_to=end, created_at=start,
        **{"state": "inaccessible", **fields},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "overlaps"),
    [
        ({}, True),
        ({"since": T0 + 3 * DAY}, False),
        ({"since": T0 + 2 * DAY}, True),
        ({"until": T0 + DAY}, False),
        ({"until": T0 + DAY + 1}, True),
        ({"account": "other"}, False),
        ({"text": "nothing has this text"}, True),
        ({"kinds": ("post",), "author": "nobody"}, True),
    ],
)
def test_a_gap_is_named_by_every_answer_it_overlaps(
    written: Written, tmp_path: Path, query: dict[str, Any], overlaps: bool
) -> None:
    gap(written, "g", T0 + DAY, T0 + 2 * DAY)
    results = written.search(tmp_path).find(Query(**query))
    assert bool(results.gaps) is overlaps
    assert results.rows == []  # a gap stands beside the answer, not in it


@pytest.mark.parametrize(("start", "end"), [(None, T0), (T0, None), (None, None)])
def test_an_open_end_reaches_for_ever(written: Written, tmp_path: Path, start: int | None, end: int | None) -> None:
    gap(written, "g", start, end)
    search = written.search(tmp_path)
    assert bool(search.gaps(Query(until=T0 - DAY))) is (start is None)
    assert bool(search.gaps(Query(since=T0 + DAY))) is (end is None)


def test_a_closed_gap_is_still_named_unless_it_was_only_one_thread(written: Written, tmp_path: Path) -> None:
    for native_id, root in (("whole", None), ("thread", "post-1")):
        gap(written, native_id, T0, T0 + DAY, root_native_id=root)
        gap(written, native_id, T0, T0 + DAY, root_native_id=root, state="present")
    (found,) = written.search(tmp_path).gaps()
    assert found.closed
    assert found.root_native_id is None


def test_gaps_are_found_when_asked_for(written: Written, tmp_path: Path) -> None:
    gap(written, "g", T0, None)
    assert bodies(written.search(tmp_path), kinds=("gap",)) == ["could not see"]


def test_quarantined_items_that_may_belong_are_counted(tmp_path: Path) -> None:
    rows = quarantine_rows(
        [], [Unreadable(native=b"%d" % n, reason="not_json", observed_at=T0 + n * DAY) for n in range(3)],
        platform="mastodon", account="main", harvest_id="h", adapter="mastodon/1",
    )  # fmt: skip
    pq.write_table(quarantine_table(rows), tmp_path / "q.parquet")
    search = Search([], quarantine=[tmp_path / "q.parquet"], resolved=frozenset({rows[2]["qid"]}))
    assert search.quarantined() == 2
    assert search.quarantined(Query(since=T0 + DAY)) == 1
    assert search.quarantined(Query(account="other")) == 0


# --------------------------------------------------------------------------- one thing


def test_a_thing_is_found_by_rid_prefix_permalink_and_the_platforms_id(written: Written, tmp_path: Path) -> None:
    rid = written.add("113", "text", permalink="https://x.example/@a/113")
    search = written.search(tmp_path)
    assert {search.resolve(ref) for ref in (rid, rid[:8], "113", "https://x.example/@a/113")} == {rid}
    with pytest.raises(NotFound):
        search.resolve(rid[:7])


def test_an_id_of_two_things_is_refused_with_both_names(written: Written, tmp_path: Path) -> None:
    one, other = written.add("7", "x"), written.add("7", "y", account="kids")
    with pytest.raises(SearchError) as caught:
        written.search(tmp_path).resolve("7")
    assert one in str(caught.value)
    assert other in str(caught.value)


def shape(thread: Thread) -> list[tuple[int, str]]:
    return [(depth, node.item["native_id"]) for depth, node in thread.walk()]


@pytest.fixture
def reply(written: Written) -> Callable[..., str]:
    def add(native_id: str, parent: str, day: int = 0, **fields: Any) -> str:
        return written.add(native_id, native_id, kind="reply", parent_native_id=parent, root_native_id="root",
                           created_at=T0 + day * DAY, **fields)  # fmt: skip

    return add


def test_a_thread_is_the_same_from_wherever_it_is_asked(
    written: Written, reply: Callable[..., str], tmp_path: Path
) -> None:
    root = written.add("root", "post", kind="post")
    rids = [reply("b", "root", 2), reply("a", "root", 1), reply("a1", "a", 3), reply("a1x", "a1", 4)]
    written.add("elsewhere", "other", kind="post")
    search = written.search(tmp_path, files=4)
    expected = [(0, "root"), (1, "a"), (2, "a1"), (3, "a1x"), (1, "b")]
    assert all(shape(search.thread(rid)) == expected for rid in (root, *rids))


def test_a_reply_under_a_deleted_one_keeps_its_place(
    written: Written, reply: Callable[..., str], tmp_path: Path
) -> None:
    root = written.add("root", "post", kind="post")
    reply("mid", "root", 1)
    reply("leaf", "mid", 2)
    reply("mid", "root", 1, state="deleted")
    thread = written.search(tmp_path).thread(root)
    assert shape(thread) == [(0, "root"), (1, "mid"), (2, "leaf")]
    middle = thread.top[0].children[0]
    assert (middle.item["state"], len(middle.versions)) == ("deleted", 2)


def test_what_answers_something_unknown_is_an_orphan_at_the_top(
    written: Written, reply: Callable[..., str], tmp_path: Path
) -> None:
    rid = reply("x", "never seen")
    thread = written.search(tmp_path).thread(rid)
    assert shape(thread) == [(0, "x")]
    assert thread.top[0].orphan


def test_a_loop_of_answers_ends_and_loses_nothing(
    written: Written, reply: Callable[..., str], tmp_path: Path
) -> None:
    rid = reply("x", "y", 1)
    reply("y", "x", 2)
    reply("z", "z", 3)
    assert sorted(native_id for _, native_id in shape(written.search(tmp_path).thread(rid))) == ["x", "y", "z"]


def test_a_thread_deeper_than_pythons_stack_is_walked(
    written: Written, reply: Callable[..., str], tmp_path: Path
) -> None:
    written.add("root", "post", kind="post")
    parent = "root"
    for n in range(1500):
        rid = reply(f"r{n}", parent, n)
        parent = f"r{n}"
    thread = written.search(tmp_path).thread(rid)
    assert max(depth for depth, _ in thread.walk()) == 1500


def test_a_thread_names_its_own_gaps_and_not_those_of_others(
    written: Written, reply: Callable[..., str], tmp_path: Path
) -> None:
    root = written.add("root", "post", kind="post")
    gap(written, "mine", T0, None, root_native_id="root")
    gap(written, "theirs", T0, None, root_native_id="other")
    gap(written, "before", T0 - 9 * DAY, T0 - 5 * DAY)
    thread = written.search(tmp_path).thread(root)
    assert [g.root_native_id for g in thread.gaps] == ["root"]
    assert shape(thread) == [(0, "root")]


# --------------------------------------------------------------------------- counting


def test_counts_add_up_to_what_find_finds(written: Written, tmp_path: Path) -> None:
    for n in range(10):
        written.add(str(n), "x", kind="post" if n < 3 else "comment", created_at=T0 + n * 10 * DAY)
    written.add("0", None, kind="post", state="deleted")
    search = written.search(tmp_path)
    assert search.counts(["kind", "state"]) == [
        ("comment", "present", 7), ("post", "deleted", 1), ("post", "present", 2),
    ]  # fmt: skip
    assert sum(row[-1] for row in search.counts(["month"])) == search.find(Query()).total == 10
    assert search.counts([], Query(kinds=("post",))) == [(3,)]


def test_months_are_those_of_the_agencys_calendar(written: Written, tmp_path: Path) -> None:
    written.add("1", "x", created_at=T0 + 3_600_000_000)  # 1 a.m. UTC on 1 January
    paths = write(tmp_path, [written.versions])
    assert Search(paths, time_zone="America/Chicago").counts(["month"]) == [("2025-12", 1)]
    assert Search(paths).counts(["month"]) == [("2026-01", 1)]


def test_an_unknown_group_is_refused(written: Written, tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="platform"):
        written.search(tmp_path).counts(["body; DROP"])
