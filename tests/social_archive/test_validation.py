from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from social_archive.record import Media, Observation, accessioned, evidential_digest, parse_time, table
from social_archive.validation import SuiteBroken, Verdict, datadocs, frame, merge_evidence, suite, validate, verdict
from social_archive.validation import write_data_docs as write

pytestmark = pytest.mark.slow  # importing Great Expectations takes seconds

NOW = 1_780_000_000_000_000
DAY = 86_400_000_000


def observation(n: int = 0, **changes: Any) -> Observation:
    """An invented comment on the invented post `id0`."""
    given: dict[str, Any] = {
        "kind": "comment" if n else "post", "native_id": f"id{n}", "native": b'{"invented": true}',
        "parent_native_id": "id0" if n else None, "root_native_id": "id0", "body": f"Invented comment {n}",
        "created_at": NOW - DAY, "observed_at": NOW, "platform": "mastodon", "account": "library",
        "harvest_id": "h1", "adapter": "mastodon/1", **changes,
    }  # fmt: skip
    return Observation(**given)


def judge(observations: list[Observation], known_ids: Any = frozenset(), expected: Any = None) -> Verdict:
    return validate(observations, known_ids=known_ids, expected_replies=expected or {}, now=NOW)


def outcome(evidence: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in evidence["expectations"] if one["code"] == code)


# --------------------------------------------------------------------------- what is accepted


def test_a_sound_batch_is_accepted_whole_and_in_order() -> None:
    batch = [observation(n) for n in range(5)]
    before = copy.deepcopy(batch)
    found = judge(batch)
    assert found.accepted == before
    assert all(a is b for a, b in zip(found.accepted, batch, strict=True))
    assert found.success
    assert found.rejected == []
    assert found.counts["observed"] == found.counts["accepted"] == 5
    assert all(one["success"] for one in found.evidence["expectations"])


@pytest.mark.parametrize(
    "changes",
    [
        {"body": None, "media": (Media(id="m1", url="https://media.example/1"),)},
        {"body": "", "links": ("https://larkspur.example",)},
        {"body": None, "state": "hidden"},
        {"body": None, "state": "deleted", "native": b"", "created_at": None},
        {"kind": "gap", "native": b"", "body": None, "created_at": None, "gap_reason": "throttled"},
        {"kind": "profile", "body": None, "created_at": None},
        {"created_at": parse_time("2003-01-01T00:00:00Z")},
        {"created_at": NOW + DAY, "observed_at": NOW + DAY},
        {"edited_at": NOW - 2 * DAY},
        {"body": "\0 \u202etfel ot thgir\u202c \U0001f469\u200d\U0001f469\u200d\U0001f467 \ufffe e\u0301"},
        {"body": "x" * 1_000_000},
        {"likes": 2**63 - 1, "replies": -1},
    ],
)
def test_what_is_unusual_but_true_is_accepted(changes: dict[str, Any]) -> None:
    found = judge([observation(0), observation(1, **changes)])
    assert [one.reasons for one in found.rejected] == []
    assert len(found.accepted) == 2


# --------------------------------------------------------------------------- what is refused

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("platform_missing", {"platform": ""}),
    ("account_missing", {"account": ""}),
    ("native_id_missing", {"native_id": ""}),
    ("native_id_missing", {"native_id": None}),
    ("native_missing", {"native": b""}),
    ("kind_unknown", {"kind": "toot"}),
    ("kind_unknown", {"kind": None}),
    ("kind_unknown", {"kind": ""}),
    ("state_unknown", {"state": "shadowed"}),
    ("state_unknown", {"state": None}),
    ("body_missing", {"body": None}),
    ("body_missing", {"body": ""}),
    ("observed_at_out_of_range", {"observed_at": 0}),
    ("observed_at_out_of_range", {"observed_at": None}),
    ("observed_at_out_of_range", {"observed_at": NOW + 2 * DAY}),
    ("created_at_out_of_range", {"created_at": 0}),
    ("created_at_out_of_range", {"created_at": parse_time("9999-12-31T23:59:59Z")}),
    ("created_at_out_of_range", {"created_at": parse_time("2002-12-31T23:59:59Z")}),
    ("created_at_out_of_range", {"created_at": NOW // 1000}),  # milliseconds taken for microseconds
    ("created_at_out_of_range", {"created_at": NOW + 2 * DAY}),
    ("created_at_out_of_range", {"created_at": 10**400}),
    ("created_at_out_of_range", {"created_at": -(10**400)}),
    ("edited_at_out_of_range", {"edited_at": parse_time("9999-12-31T23:59:59Z")}),
    ("edited_before_created", {"edited_at": NOW - 3 * DAY}),
    ("type_mismatch", {"created_at": float("nan")}),
    ("type_mismatch", {"created_at": "2026-01-01"}),
    ("type_mismatch", {"created_at": True}),
    ("type_mismatch", {"native_id": 12345}),
    ("type_mismatch", {"native_id": 1.2345e19}),
    ("type_mismatch", {"native": "text"}),
    ("type_mismatch", {"body": ["a"]}),
    ("type_mismatch", {"body": "lone \ud83d surrogate"}),
    ("type_mismatch", {"author_is_account": None}),
    ("type_mismatch", {"likes": 2**63}),
    ("type_mismatch", {"gap_from": 10**18}),
    ("type_mismatch", {"links": None}),
    ("type_mismatch", {"links": ("https://larkspur.example", 5)}),
    ("type_mismatch", {"media": ({"id": "1"},)}),
    ("type_mismatch", {"media": (Media(id="1", url="u", bytes=2**63),)}),
    ("type_mismatch", {"media": (Media(id=None, url="u"),)}),  # type: ignore[arg-type]
    ("type_mismatch", {"harvest_id": None}),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED)
def test_a_bad_row_is_refused_with_its_reason_and_its_neighbours_are_not(code: str, changes: dict[str, Any]) -> None:
    bad = observation(1, **changes)
    found = judge([observation(0), bad, observation(2)])
    assert [one.observation for one in found.rejected] == [bad]
    assert found.rejected[0].observation is bad
    assert code in found.rejected[0].reasons
    assert [o.native_id for o in found.accepted] == ["id0", "id2"]
    assert not found.success
    assert outcome(found.evidence, code)["unexpected_count"] == 1
    if code == "type_mismatch":
        assert found.rejected[0].detail == next(iter(changes))


def test_every_reason_for_refusal_is_tried() -> None:
    critical = {check.code for check in suite.CHECKS if check.severity == "critical"}
    assert critical - {"columns_differ"} == {code for code, _ in REFUSED}


def test_a_row_carries_all_of_its_reasons() -> None:
    found = judge([observation(1, kind="toot", native=b"", created_at=5)])
    assert set(found.rejected[0].reasons) == {"kind_unknown", "native_missing", "created_at_out_of_range"}


def test_a_table_of_another_shape_is_refused_whole() -> None:
    batch = [observation(0)]
    columns = frame.columns_of(batch)
    shaped = frame.frame_of(batch, columns, {}, set())
    wider = suite.ask("rows", shaped.assign(surprise=1), NOW)
    assert [one.check.code for one in wider if not one.success] == ["columns_differ"]
    assert verdict._reasons(wider, 1) == {0: ["columns_differ"]}
    with pytest.raises(SuiteBroken, match="kind_unknown"):
        suite.ask("rows", shaped.drop(columns=["kind"]), NOW)


# --------------------------------------------------------------------------- flags


def test_a_comment_whose_parent_nobody_saw_is_kept_and_flagged() -> None:
    found = judge([observation(1, parent_native_id="gone"), observation(2, parent_native_id="id1")])
    assert [o.flags for o in found.accepted] == [("orphan",), ()]
    assert found.counts["orphan"] == 1
    assert found.success
    orphan = outcome(found.evidence, "orphan")
    assert (orphan["severity"], orphan["success"], orphan["unexpected_count"]) == ("warning", False, 1)


def test_a_parent_in_the_archive_makes_no_orphan() -> None:
    assert judge([observation(1)], known_ids={"id0"}).counts["orphan"] == 0


def test_the_archive_is_asked_only_about_parents_that_the_batch_lacks() -> None:
    asked: list[list[str]] = []

    def known(ids: list[str]) -> set[str]:
        asked.append(ids)
        return {"old"}

    strays = [observation(2, parent_native_id="old"), observation(3, parent_native_id="x")]
    found = judge([observation(0), observation(1), *strays], known_ids=known)
    assert asked == [["old", "x"]]
    assert [o.flags for o in found.accepted] == [(), (), (), ("orphan",)]


def test_a_flag_is_added_once_and_others_stay() -> None:
    o = observation(1, flags=("label:x", "orphan"))
    assert judge([o]).accepted[0].flags == ("label:x", "orphan")
    assert judge([observation(1, flags=("label:x",))]).accepted[0].flags == ("label:x", "orphan")


def test_a_comment_without_a_date_is_kept_and_flagged() -> None:
    found = judge([observation(0), observation(1, created_at=None, created_at_text="yesterday")])
    assert [o.flags for o in found.accepted] == [(), ("undated",)]


# --------------------------------------------------------------------------- one id several times


def test_identical_sightings_of_an_id_become_one() -> None:
    first = observation(1, likes=1)
    found = judge([observation(0), first, observation(2), observation(1, likes=9, observed_at=NOW + 1)])
    assert [o.native_id for o in found.accepted] == ["id0", "id1", "id2"]
    assert found.accepted[1] is first
    assert found.counts["collapsed"] == 1
    assert found.success


def test_an_edit_there_and_back_stays_three_versions_in_order() -> None:
    texts = ["A", "B", "A", "A"]
    sightings = [observation(1, body=text, observed_at=NOW + n) for n, text in enumerate(texts)]
    found = judge([observation(0), *reversed(sightings)])
    assert [o.body for o in found.accepted[1:]] == ["A", "B", "A"]
    assert [o.observed_at for o in found.accepted[1:]] == [NOW, NOW + 1, NOW + 2]
    assert all(o.flags == ("versions_in_batch",) for o in found.accepted[1:])
    assert (found.counts["collapsed"], found.counts["versions_in_batch"]) == (1, 4)


def test_versions_on_one_page_are_ordered_by_the_time_of_the_edit() -> None:
    later, earlier = observation(1, body="new", edited_at=NOW - 5), observation(1, body="old", edited_at=NOW - 9)
    assert [o.body for o in judge([later, observation(0), earlier]).accepted] == ["old", "Invented comment 0", "new"]


def test_a_good_sighting_survives_an_identical_bad_one() -> None:
    bad, good = observation(1, native=b""), observation(1, observed_at=NOW + 1)
    assert evidential_digest(bad) == evidential_digest(good)
    found = judge([observation(0), bad, good])
    assert found.accepted[1] is good
    assert [one.observation for one in found.rejected] == [bad]
    assert found.counts["collapsed"] == 0


def test_one_id_on_two_accounts_or_platforms_is_two_things() -> None:
    batch = [observation(0), observation(0, account="branch"), observation(0, platform="bluesky")]
    assert judge(batch).counts["accepted"] == 3


def test_rows_without_an_id_are_refused_but_not_as_duplicates() -> None:
    found = judge([observation(1, native_id=None), observation(1, native_id=None)])
    assert len(found.rejected) == 2
    assert outcome(found.evidence, "duplicate")["success"]


# --------------------------------------------------------------------------- reply counts


def test_fewer_replies_than_the_platform_counts_is_recorded_and_refuses_nothing() -> None:
    batch = [observation(0), observation(1), observation(2), observation(2)]
    found = judge(batch, expected={"id0": 5, "elsewhere": 0})
    assert found.shortfalls == {"id0": 3}
    assert (found.counts["threads_short"], found.counts["replies_missing"]) == (1, 3)
    assert found.success
    short = outcome(found.evidence, "reply_shortfall")
    assert (short["success"], short["element_count"], short["unexpected_count"]) == (False, 2, 1)


def test_a_thread_of_which_nothing_was_seen_is_short_of_everything() -> None:
    assert judge([], expected={"id0": 4}).shortfalls == {"id0": 4}


def test_more_replies_than_the_platform_counts_is_no_shortfall() -> None:
    found = judge([observation(n) for n in range(4)], expected={"id0": 1})
    assert found.shortfalls == {}
    assert outcome(found.evidence, "reply_shortfall")["success"]


# --------------------------------------------------------------------------- nothing is lost

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5),
    st.sampled_from(["", "id1", "id2", "post", "deleted", "\ud800", NOW, 10**30]),
    st.sampled_from([(), ("x",), [None], {"a": 1}, object()]),
)  # fmt: skip
CHANGES = st.dictionaries(st.sampled_from(Observation.__struct_fields__), VALUES, max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 4), CHANGES), max_size=12))
def test_whatever_comes_in_nothing_is_lost_and_what_is_accepted_can_be_stored(
    rows: list[tuple[int, dict[str, Any]]],
) -> None:
    batch = [observation(n, **changes) for n, changes in rows]
    sound = {id(o) for o, (_, changes) in zip(batch, rows, strict=True) if not changes}
    found = judge(batch)
    kept = Counter(map(id, found.accepted)) + Counter(id(one.observation) for one in found.rejected)
    assert found.counts["observed"] == len(batch) == kept.total() + found.counts["collapsed"]
    assert not kept - Counter(map(id, batch))
    assert all(one.reasons for one in found.rejected)
    assert not sound & {id(one.observation) for one in found.rejected}
    digests = {(o.native_id, evidential_digest(o)) for o in found.accepted}
    assert all((o.native_id, evidential_digest(o)) in digests for o in batch if id(o) in sound)
    json.dumps(found.evidence, allow_nan=False)
    versions = [
        accessioned(o, rid="r", version=1, series="s", cutoff="2026-01", retain_until=None, digest=evidential_digest(o))
        for o in found.accepted
    ]
    table(versions).to_pylist()


def test_nothing_but_flags_is_written_into_an_observation() -> None:
    batch = [observation(n, parent_native_id="gone", created_at=None) for n in range(3)] + [observation(1, body="B")]
    before = [msgspec.structs.replace(o, flags=()) for o in copy.deepcopy(batch)]
    judge(batch)
    assert [msgspec.structs.replace(o, flags=()) for o in batch] == before


# --------------------------------------------------------------------------- evidence and Data Docs

CANARY = "Quentin Canarybird 555-0142"


def poisoned() -> Verdict:
    """Every text field of a row holds the canary, next to every way to fail."""
    texts = {
        name: CANARY
        for name, value in msgspec.structs.asdict(observation()).items()
        if isinstance(value, str | None) and name not in ("likes", "replies", "shares") and not name.endswith("_at")
    }
    texts = {name: value for name, value in texts.items() if name not in ("gap_from", "gap_to")}
    batch = [observation(n, **{**texts, "native": CANARY.encode(), "flags": (CANARY,)}) for n in range(3)]
    batch += [observation(n, native_id=f"{CANARY}{n}", body=CANARY, **changes) for n, (_, changes) in enumerate(
        [row for row in REFUSED if not {"native_id", "body"} & set(row[1])]
    )]  # fmt: skip
    batch += [observation(1, **{name: CANARY}) for name in Observation.__struct_fields__]
    return judge(batch, known_ids={CANARY}, expected={CANARY: 7, "id0": 99})


def test_the_evidence_and_data_docs_hold_nothing_that_a_person_wrote(tmp_path: Path) -> None:
    found = poisoned()
    assert len(found.rejected) > 30
    assert not outcome(found.evidence, "type_mismatch")["success"]
    shown = json.dumps(found.evidence)
    write(found.evidence, tmp_path)
    write([found.evidence, found.evidence], tmp_path)
    shown += "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "type_mismatch" in shown
    for part in CANARY.split():
        assert part not in shown


def test_values_that_stray_into_evidence_do_not_reach_a_page(tmp_path: Path) -> None:
    evidence = copy.deepcopy(poisoned().evidence)
    evidence |= dict.fromkeys(("account", "harvest_id", "note", "run_at", "suite_version"), CANARY)
    evidence["platform"] = f"<b>{CANARY}</b>"
    evidence["expectations"][0]["unexpected_list"] = [CANARY]
    evidence["expectations"].append({**evidence["expectations"][0], "code": CANARY})
    write(evidence, tmp_path)
    assert "Canarybird" not in "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())


def test_the_evidence_says_which_suite_judged_and_what_it_found() -> None:
    evidence = judge([observation(0), observation(1, created_at=5)]).evidence
    assert (evidence["suite"], evidence["suite_version"]) == ("social-records", suite.SUITE_VERSION)
    assert evidence["great_expectations"] == metadata.version("great-expectations")
    assert evidence["run_at"] == "2026-05-28T20:26:40Z"
    assert evidence["success"] is False
    assert evidence["statistics"]["unsuccessful_expectations"] == 1
    assert outcome(evidence, "created_at_out_of_range") == {
        "code": "created_at_out_of_range", "type": "expect_column_values_to_be_between", "table": "rows",
        "severity": "critical", "success": False, "element_count": 2, "unexpected_count": 1,
    }  # fmt: skip


def test_the_evidence_of_batches_adds_up() -> None:
    one = judge([observation(0), observation(1, created_at=5)]).evidence
    two = judge([observation(0)], expected={"id0": 3}).evidence
    merged = merge_evidence([one, two, judge([]).evidence])
    assert merged["counts"]["observed"] == 3
    assert merged["counts"]["replies_missing"] == 3
    assert merged["success"] is False
    assert outcome(merged, "created_at_out_of_range")["element_count"] == 3
    assert outcome(merged, "created_at_out_of_range")["success"] is False
    assert outcome(merged, "kind_unknown")["success"] is True
    assert merged["statistics"]["evaluated_expectations"] == len(suite.CHECKS)


def test_data_docs_list_the_runs_and_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    for n in range(3):
        batch = [observation(0), observation(1, body=None)]
        evidence = validate(batch, known_ids=set(), expected_replies={}, now=NOW + n * DAY).evidence
        index = write({**evidence, "platform": "mastodon", "account": "library"}, tmp_path)
    assert index == tmp_path / "index.html"
    pages = sorted((tmp_path / "runs").glob("*.html"))
    assert len(pages) == 3
    listing = index.read_text()
    assert [listing.index(page.name) for page in reversed(pages)] == sorted(listing.index(page.name) for page in pages)
    page = pages[0].read_text()
    assert "has text, media or a link. (body_missing, critical)" in page
    assert "1 unexpected values found" in page
    for text in (listing, page):
        assert "mastodon" in text
        assert "default-src 'none'" in text
        assert not any(far in text for far in ("http:", "https:", "//", "<script", "src=", "<link"))


def test_the_same_evidence_gives_one_page_and_an_empty_run_gives_one_too(tmp_path: Path) -> None:
    evidence = judge([observation(0)]).evidence
    write(evidence, tmp_path)
    write(evidence, tmp_path)
    assert len(list((tmp_path / "runs").glob("*.html"))) == 1
    write(judge([]).evidence, tmp_path)
    assert len(list((tmp_path / "runs").glob("*.html"))) == 2
    with pytest.raises(ValueError, match="at least one"):
        write([], tmp_path)


def test_only_the_newest_runs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datadocs, "KEPT_RUNS", 2)
    for n in (3, 1, 2, 4):
        write({**judge([]).evidence, "run_at": f"2026-01-0{n}T00:00:00Z"}, tmp_path)
    assert [path.name[:8] for path in sorted((tmp_path / "runs").glob("*.html"))] == ["20260103", "20260104"]
    assert len(list((tmp_path / "runs").iterdir())) == 4


# --------------------------------------------------------------------------- cost


def test_an_empty_batch_does_not_load_great_expectations() -> None:
    code = (
        "import sys; from social_archive.validation import validate\n"
        "v = validate([], known_ids=set(), expected_replies={}, now=0)\n"
        "assert v.success and v.counts['observed'] == 0 and v.evidence['expectations'] == []\n"
        "assert not {'great_expectations', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_great_expectations_sees_sizes_and_never_words() -> None:
    batch = [observation(0, body=CANARY, native=CANARY.encode(), author_name=CANARY)]
    shaped = frame.frame_of(batch, frame.columns_of(batch), {}, set())
    assert tuple(shaped.columns) == frame.COLUMNS
    assert CANARY not in shaped.to_csv()
