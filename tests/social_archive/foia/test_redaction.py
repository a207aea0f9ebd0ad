"""A field is shown whole, and can be proven, or nothing of it is; and a cut reaches everything that repeats it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.foia.dispositions import Cut, ShownVersion, Term, token
from social_archive.foia.matching import Matcher
from social_archive.foia.redaction import COLUMNS, CutDoesNotFit, show
from social_archive.record import COMMITTED, SCHEMA, Media, Observation, committed_values, from_row
from tests.social_archive.foia.rows import CODE, item, nothing_attached, stored
from tests.social_archive.foia.scenes import PERSON, said

NONE = Matcher([])
TERMS = Matcher([Term(text, CODE, "act") for text in PERSON.every])
ANY_DAY = "Thu, 01 Jan 2026 00:00:00 GMT"


def shown(o: Observation, matcher: Matcher = NONE, **decided: Any) -> ShownVersion:
    return show(stored(o), item(**decided), matcher, nothing_attached())


def every_text(version: ShownVersion) -> str:
    media = [(m.alt, m.path, m.mime, m.outcome) for m in version.media]
    return json.dumps([version.row, media, sorted(version.cut)], default=str) + repr(version.native)


def names(o: Observation) -> set[str]:
    return {name for name, _ in committed_values(from_row(stored(o)).observation)}


def test_what_nobody_touched_is_shown_whole() -> None:
    o = said("c1", "The parking lot is full.", links=("https://a.example/x",), flags=("edited",))
    version = shown(o, TERMS, outcome="released")
    assert version.revealed == names(o)
    assert (version.cut, version.native) == ({}, o.native)
    row = stored(o)
    assert {name: version.row[name] for name in version.row} == {
        name: row[name] for name in SCHEMA.names if name not in ("native", "secret", "digest", "commitment")
    }


def test_words_of_the_body_go_with_all_that_repeats_them() -> None:
    text = f"Call me on {PERSON.phone}, or write!"
    start = text.index("(")
    o = said("c1", text, links=(f"tel:{PERSON.phone}", "https://a.example/"), response_sha256="ab" * 32)
    cut = Cut(1, "body", start, start + len(PERSON.phone), "7(1)(b)", "act")
    version = shown(o, cuts=[cut])
    assert version.row["body"] == f"Call me on {token('7(1)(b)')}, or write!"
    assert version.row["body_html"] is version.native is version.row["response_sha256"] is None
    assert version.row["links"] == [token("7(1)(b)"), "https://a.example/"]
    assert set(version.cut) == {"body", "body_html", "links", "native", "provenance"}
    assert version.revealed == names(o) - set(version.cut)
    assert "555-0142" not in every_text(version)
    assert version.row["author_name"] == "Ada (invented)"
    other = shown(o, cuts=[Cut(2, "body", 0, 4, "7(1)(b)", "act")])
    assert other.cut == {}  # of another version


def test_who_wrote_it_takes_the_way_to_it_along() -> None:
    o = said("c2", "I park there.", name=PERSON.name, handle=PERSON.handle, id=PERSON.id, author_avatar="https://x/a")
    version = shown(o, fields={"author": CODE})
    assert version.row["author_name"] == token(CODE)
    gone = [*COLUMNS["identity"], "author_id", "author_handle", "author_avatar"]
    assert [version.row[name] for name in gone] == [None] * len(gone)
    assert set(version.cut) == {"author", "identity", "native"}
    assert version.row["body"] == "I park there."
    assert not any(told in every_text(version) for told in PERSON.every)


def test_a_name_in_the_platforms_own_bytes_alone_takes_only_those() -> None:
    o = said("c1", "Hello.", native=json.dumps({"mentions": [{"x": PERSON.handle}]}).encode())
    version = shown(o, TERMS)
    assert set(version.cut) == {"native"}
    assert version.native is None
    assert version.row["body"] == "Hello."


PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "handle in a link": ({"links": (f"https://s.example/@{PERSON.handle}/1",)}, "links"),
    "name in the avatar": ({"author_avatar": "https://s.example/Zelda%20Quillfeather.png"}, "author"),
    "permalink": ({"permalink": f"https://s.example/@{PERSON.handle.upper()}/9"}, "identity"),
    "what it answers": ({"parent_native_id": PERSON.id}, "identity"),
    "endpoint": ({"endpoint": f"https://s.example/api?acct={PERSON.handle}"}, "provenance"),
    "flag": ({"flags": (f"answered by {PERSON.name}",)}, "state"),
    "time": ({"created_at_text": f"when {PERSON.name} was there"}, "times"),
    "language": ({"language": PERSON.handle}, "context"),
    "html only": ({"body_html": f"<p title='{PERSON.email}'>x</p>"}, "body_html"),
    "alt text": ({"media": (Media("m", "https://m.example/1", f"By {PERSON.name}", outcome="missing"),)}, "media"),
    "name of a file": ({"media": (Media("m", f"https://m.example/{PERSON.handle}.jpg", outcome="failed"),)}, "media"),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_term_takes_the_field_in_which_it_stands(place: str) -> None:
    more, field = PLACES[place]
    version = shown(said("c1", "Hello.", **more), TERMS)
    assert {field, "native"} <= set(version.cut)
    assert field not in version.revealed
    assert TERMS.touches(every_text(version)) is None
    assert version.row["body"] == "Hello."


def test_an_attachment_can_be_withheld_or_its_description_cut() -> None:
    media = (Media(id="m0", url="https://m.example/0", alt="A car, plate ABC", outcome="missing"),
             Media(id="m1", url="https://m.example/1", alt="The lot", outcome="missing"))  # fmt: skip
    o = said("c1", "Look.", media=media)
    version = shown(o, cuts=[Cut(1, "alt:0", 13, 16, CODE, "act")], media={(1, 1): "7(1)(b)"})
    assert version.media[0].alt == f"A car, plate {token(CODE)}"
    assert (version.media[1].code, version.media[1].alt, version.media[1].outcome) == ("7(1)(b)", None, "withheld")
    assert version.row["media"][0]["url"] == "https://m.example/0"
    assert version.row["media"][1]["url"] is version.row["media"][1]["id"] is None
    assert version.cut["media"] == ("7(1)(b)", CODE)


@pytest.mark.parametrize("field", sorted(set(COMMITTED) - {"origin", "gap"}))
def test_every_field_can_be_withheld_whole(field: str) -> None:
    medium = Media(id="m0", url="https://m.example/0", outcome="missing")
    o = said("c1", "Look.", media=(medium,), links=("https://a.example/",), language="en", likes=3, flags=("pinned",),
             response_sha256="ab" * 32)  # fmt: skip
    version = shown(o, fields={field: CODE})
    assert {field, "native"} <= set(version.cut)
    assert not version.revealed & set(version.cut)
    row = stored(o)
    kept = {"author_is_account", "observed_at", "http_date", "adapter", "schema", "state"}
    for name in COLUMNS[field]:
        if name != "native" and name not in kept and row[name]:
            assert version.row[name] != row[name]


@pytest.mark.parametrize(
    "decided",
    [
        {"cuts": [Cut(1, "body", 2, 99, CODE, "act")]},
        {"cuts": [Cut(1, "alt:3", 0, 1, CODE, "act")]},
        {"cuts": [Cut(1, "nonsense", 0, 1, CODE, "act")]},
        {"fields": {"origin": CODE}},
        {"fields": {"autor": CODE}},
        {"media": {(1, 4): CODE}},
    ],
)
def test_a_decision_that_fits_nothing_is_refused(decided: dict[str, Any]) -> None:
    with pytest.raises(CutDoesNotFit, match="LPL-2026-1-0001"):
        shown(said("c1", "Look."), **decided)


spelled = st.sampled_from([*PERSON.every, "ＺＥＬＤＡ Quillfeather"])
lines = st.lists(st.one_of(st.text(max_size=8), spelled), max_size=4).map(" ".join)


@given(
    st.fixed_dictionaries({
        "permalink": st.none() | lines, "parent_native_id": st.none() | lines, "author_avatar": st.none() | lines,
        "links": st.lists(lines, max_size=2).map(tuple), "flags": st.lists(lines, max_size=2).map(tuple),
        "endpoint": st.none() | lines, "language": st.none() | lines, "created_at_text": st.none() | lines,
        "native": lines.map(lambda text: json.dumps({"text": text}).encode()),
        "media": st.lists(st.builds(Media, id=lines, url=lines, alt=st.none() | lines, outcome=st.just("missing")),
                          max_size=2).map(tuple),
    }),
    lines, lines, st.booleans(),
)  # fmt: skip
def test_whatever_a_record_says_no_term_leaves_and_all_that_is_revealed_is_as_stored(
    more: dict[str, Any], body: str, name: str, is_author_withheld: bool
) -> None:
    o = said("c1", body, name=name, **more)
    row = stored(o)
    version = show(row, item(fields={"author": CODE} if is_author_withheld else {}), TERMS, nothing_attached())
    assert TERMS.touches(every_text(version)) is None
    present = {field for field, _ in committed_values(from_row(row).observation)}
    assert version.revealed | set(version.cut) == present
    assert not version.revealed & set(version.cut)
    for field in version.revealed:
        told = {"native": version.native} if field == "native" else {n: version.row[n] for n in COLUMNS[field]}
        assert told == {n: row[n] for n in COLUMNS[field]}
    assert not {"secret", "digest", "commitment", "native"} & version.row.keys()
    assert version.proof_row is row


def test_what_is_packed_in_base64_goes_too() -> None:
    packed = base64.b64encode(f"\u00ff\u00ff\u00ff?? by {PERSON.name}, {PERSON.email}".encode()).decode()
    assert "/" in packed
    native = json.dumps({"cursor": packed}).replace("/", "\\/").encode()
    version = shown(said("c1", f"Look {packed} there", endpoint=f"https://x.example/?c={packed}", native=native), TERMS)
    assert version.row["body"] == f"Look {token(CODE)} there"
    assert (version.native, version.row["endpoint"]) == (None, None)
    assert {"body", "body_html", "native", "provenance"} == version.cut.keys()
    assert shown(said("c1", f"Look {packed} there"), NONE).cut == {}
