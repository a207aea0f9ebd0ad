"""strict_json: nothing that Python would let pass gets past it, and no item is changed by being cut out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.platforms.strict_json import BadJson, is_whole, items, load_item, members

BAD = {
    b'{"a":1,"a":2}': "duplicate_key",
    b'{"a" : 1, "a" : 2}': "duplicate_key",
    b'{"a":{"b":1,"\\u0062":2}}': "duplicate_key",
    b'{"a":"x\\u003a","b":1,"b":2}': "duplicate_key",
    b'{"a":NaN}': "not_finite",
    b'{"a":-Infinity}': "not_finite",
    b'{"a":1e400}': "not_finite",
    b'{"a":' + b"9" * 5_000 + b"}": "number_too_long",
    b"[" * 100_000 + b"]" * 100_000: "too_deep",
    b'{"a":' * 300 + b"1" + b"}" * 300: "too_deep",
    b'{"a":"\xff"}': "not_utf8",
    b'{"a":"cut of': "not_json",
    b'{"a":1}{"b":2}': "not_json",
    b'{"a":"\x01"}': "not_json",
    b"": "not_json",
    b"<html>": "not_json",
}


@pytest.mark.parametrize(("data", "code"), BAD.items(), ids=[f"{i}-{code}" for i, code in enumerate(BAD.values())])
def test_each_leniency_of_json_has_a_code(data: bytes, code: str) -> None:
    with pytest.raises(BadJson) as refused:
        load_item(data)
    assert refused.value.code == code


def test_a_number_beyond_64_bits_keeps_every_digit() -> None:
    assert load_item(b'{"id":123456789012345678901234567890}') == ({"id": 123456789012345678901234567890}, False)


def test_a_lone_surrogate_is_repaired_and_told() -> None:
    value, repaired = load_item(b'{"body":"half a smile \\ud83d, here"}')
    assert value == {"body": "half a smile \ufffd, here"}
    assert repaired
    value["body"].encode("utf-8")


def test_a_whole_emoji_written_as_escapes_needs_no_repair() -> None:
    assert load_item(b'{"body":"\\ud83d\\ude00"}') == ({"body": "\U0001f600"}, False)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
SPACINGS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")])


@given(JSON_VALUES, SPACINGS, st.booleans())
def test_strict_json_is_read_as_json_is(value: object, spacing: tuple[str, str], ascii_only: bool) -> None:
    data = json.dumps(value, separators=spacing, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert load_item(data) == (value, False)


@given(st.dictionaries(st.text(max_size=4), JSON_VALUES, min_size=1, max_size=4), SPACINGS, st.booleans(), st.data())
def test_a_repeated_key_is_found_wherever_it_stands(
    value: dict[str, object], spacing: tuple[str, str], ascii_only: bool, data: st.DataObject
) -> None:
    def dump(part: object) -> str:
        return json.dumps(part, separators=spacing, ensure_ascii=ascii_only)

    again = data.draw(st.sampled_from(sorted(value)))
    member = f"{dump(again)}{spacing[1]}{dump(data.draw(JSON_VALUES))}"
    doubled = f"{dump(value)[:-1]}{spacing[0]}{member}}}"
    for text in (doubled, f'[1{spacing[0]}{{"in"{spacing[1]}{doubled}}}]'):
        with pytest.raises(BadJson, match="duplicate_key"):
            load_item(text.encode())


@given(st.lists(JSON_VALUES, max_size=5), SPACINGS, st.sampled_from(["", " ", "\r\n\t"]))
def test_items_are_exact_slices(values: list[object], spacing: tuple[str, str], blank: str) -> None:
    parts = [json.dumps(value, separators=spacing) for value in values]
    data = f"{blank}[{blank}{f'{blank},{blank}'.join(parts)}{blank}]{blank}".encode()
    assert items(data) == [part.encode() for part in parts]
    assert is_whole(data)


def test_one_bad_item_does_not_hide_its_neighbours() -> None:
    data = b'[{"id":"1"}, {"id":NaN, "t":"],["} ,{"id":"\\ud800"}, ' + b"[" * 5_000 + b"]" * 5_000 + b', {"id":"5"}]'
    found = items(data)
    assert [found[0], found[1], found[2], found[4]] == [
        b'{"id":"1"}',
        b'{"id":NaN, "t":"],["}',
        b'{"id":"\\ud800"}',
        b'{"id":"5"}',
    ]
    assert len(found) == 5


@pytest.mark.parametrize("data", [b'{"error":"x"}', b"null", b'"text"', b'{"data":null}'])
def test_an_error_in_place_of_a_list_is_not_an_empty_list(data: bytes) -> None:
    with pytest.raises(BadJson, match="not_an_array"):
        items(data)


CUT_OFF = [b'[{"id":1},', b'[{"id":1}', b'[{"id":"', b'[{"id":"a\\"}]', b'{"a":[1}', b"[1]x", b"[1}"]


@pytest.mark.parametrize("data", CUT_OFF)
def test_what_was_cut_off_is_not_whole(data: bytes) -> None:
    assert not is_whole(data)


@given(st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=5), SPACINGS)
def test_members_are_exact_slices(value: dict[str, object], spacing: tuple[str, str]) -> None:
    data = json.dumps(value, separators=spacing).encode()
    found = members(data)
    assert {key: json.loads(part) for key, part in found.items()} == value
    assert all(part in data for part in found.values())


@pytest.mark.parametrize("data", [b'{"a":1,"a":2}', b'{"a":1, "a":2}', b'{"a": 1, "a": 2}', b'{"a":NaN,"a":1}'])
def test_an_envelope_with_a_repeated_key_is_refused(data: bytes) -> None:
    with pytest.raises(BadJson, match="duplicate_key"):
        members(data)


def test_an_envelope_with_an_odd_item_is_still_cut() -> None:
    assert members(b'{"list": [NaN], "b" : 1 }') == {"list": b"[NaN]", "b": b"1"}


def test_hostile_brackets_and_quotes_cost_linear_time() -> None:
    for data in (b'["' + b'\\"' * 300_000, b"[" * 300_000, b'[{"' + b"a" * 600_000):
        assert not is_whole(data)
