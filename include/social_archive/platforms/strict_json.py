"""JSON as evidence: items cut out of a page byte for byte, then read without any of Python's leniency.

`json.loads` keeps the last of two equal keys, accepts NaN, turns 1e400 into infinity, fails with RecursionError on
deep nesting and with a bare ValueError on long numbers. An archive must not guess: here each of these has a code,
and the item goes to quarantine under it. Two steps:

* `items` and `members` cut an array or object into slices of the original bytes; they match brackets only, so that
  one bad item cannot hide its neighbours;
* `load_item` reads one slice strictly. Lone surrogates are the one thing it repairs (and says so): they are text
  that people really sent, and the slice keeps the original.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

import msgspec

MAX_DEPTH: Final = 200
MAX_DIGITS: Final = 4_300  # Python's own limit for int(); a longer number is no id and no count


class BadJson(ValueError):
    """`code` is short and goes to quarantine with the item: not_json, not_utf8, duplicate_key, not_finite, ..."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# --------------------------------------------------------------------------- reading one item

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def load_item(data: bytes) -> tuple[Any, bool]:
    """One item strictly parsed, and whether its text had to be repaired. Raises BadJson."""
    try:
        value = _decode(data)
    except (ValueError, RecursionError):  # msgspec's and Unicode's errors are ValueErrors
        return _load_slowly(data)
    return (value, False) if _surely_unique(data, value) else _load_slowly(data)


def _surely_unique(data: bytes, value: Any) -> bool:
    """True when no object in `data` repeats a key and none nests too deep, seen at the speed of counting.

    Every member brings its own colon, and colons inside strings survive decoding and encoding one by one (unless
    written as an escape, which goes the slow way). So the re-encoded value has fewer colons than the text exactly
    when a repeated key made the decoder drop a member.
    """
    if b"\\u003a" in data or b"\\u003A" in data or data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        return False
    try:
        return data.count(b":") == _encode(value).count(b":")
    except OverflowError:  # an integer beyond 64 bits: exact, but not this encoder's business
        return False


def _load_slowly(data: bytes) -> tuple[Any, bool]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson("not_utf8") from None
    _check_depth(data)
    try:
        value = _STRICT.decode(text)
    except BadJson:
        raise
    except (ValueError, RecursionError):
        raise BadJson("not_json") from None
    return (value, False) if text.isascii() and "\\u" not in text else _repaired(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("duplicate_key")
    return found


def _exact_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise BadJson("number_too_long")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise BadJson("not_finite")
    return number


def _not_a_number(_name: str) -> NoReturn:
    raise BadJson("not_finite")


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_exact_int, parse_float=_finite, parse_constant=_not_a_number
)

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _repaired(value: Any) -> tuple[Any, bool]:
    """The value with lone surrogates replaced by U+FFFD in all its strings, and whether there were any."""
    touched = False

    def repair(node: Any) -> Any:
        nonlocal touched
        if isinstance(node, str):
            clean = _LONE_SURROGATE.sub("\ufffd", node)
            touched = touched or clean != node
            return clean
        if isinstance(node, dict):
            return {repair(key): repair(child) for key, child in node.items()}
        if isinstance(node, list):
            return [repair(child) for child in node]
        return node

    return repair(value), touched


# --------------------------------------------------------------------------- cutting a page into items

_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw]).decode
_RAW_DICT = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},:]', re.DOTALL)
_BLANK: Final = b" \t\r\n"


def items(data: bytes) -> list[bytes]:
    """The elements of a JSON array as exact slices of `data`. Raises BadJson (`not_json`, `not_an_array`)."""
    try:
        return [bytes(raw) for raw in _RAW_LIST(data)]
    except msgspec.ValidationError:
        raise BadJson("not_an_array") from None
    except (ValueError, RecursionError):  # one odd item: cut by brackets, and let the item answer for itself
        return _cut(data, b"[", b"]")


def members(data: bytes) -> dict[str, bytes]:
    """The members of a JSON object as exact slices. A repeated key is `duplicate_key`: an envelope is not evidence."""
    try:
        found = _RAW_DICT(data)
    except msgspec.ValidationError:
        raise BadJson("not_an_object") from None
    except (ValueError, RecursionError):
        return _members_by_brackets(data)
    slices = dict(zip(found, map(bytes, found.values()), strict=True))
    if not _accounts_for(data, slices) and len(_cut(data, b"{", b"}")) != len(slices):
        raise BadJson("duplicate_key")
    return slices


def _accounts_for(data: bytes, slices: dict[str, bytes]) -> bool:
    """Do these members, in one of the two usual spacings, fill `data`? Then none was lost (and no scan is needed).

    A key that needs escapes is longer in `data` than here; then the scan decides.
    """
    count = len(slices)
    filled = sum(map(len, slices)) + sum(map(len, slices.values())) + 3 * count + 2  # quotes, colons, brackets
    gaps = max(count - 1, 0)
    return len(data) in (filled + gaps, filled + count + 2 * gaps)


def is_whole(data: bytes) -> bool:
    """Do all brackets and strings of this array or object close? False for an answer that was cut off."""
    stripped = data.strip(_BLANK)
    try:
        _cut(stripped, stripped[:1], {b"[": b"]", b"{": b"}"}.get(stripped[:1], b""))
    except BadJson:
        return False
    return True


def _members_by_brackets(data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for member in _cut(data, b"{", b"}"):
        key = _TOKEN.match(member)
        if key is None or not member.startswith(b'"'):
            raise BadJson("not_json")
        _, colon, value = member[key.end() :].partition(b":")
        if not colon:
            raise BadJson("not_json")
        name, _ = load_item(key.group())
        if name in found:
            raise BadJson("duplicate_key")
        found[name] = value.strip(_BLANK)
    return found


def _cut(data: bytes, opening: bytes, closing: bytes) -> list[bytes]:
    """Split the outermost array or object at its commas. Knows brackets and strings, nothing else."""
    data = data.strip(_BLANK)
    if not opening or not data.startswith(opening):
        raise BadJson("not_json")
    slices: list[bytes] = []
    depth, start, end = 0, 1, 0
    for token in _TOKEN.finditer(data):
        mark = token.group()
        if mark == b'"':  # a string that never ends
            raise BadJson("not_json")
        if mark in (b"[", b"{"):
            depth += 1
        elif mark in (b"]", b"}"):
            depth -= 1
            if depth == 0:
                end = token.end()
                if mark != closing:
                    raise BadJson("not_json")
                break
        elif mark == b"," and depth == 1:
            slices.append(data[start : token.start()].strip(_BLANK))
            start = token.end()
    if end != len(data):
        raise BadJson("not_json")
    last = data[start : end - 1].strip(_BLANK)
    return [*slices, last] if slices or last else []


def _check_depth(data: bytes) -> None:
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKEN.finditer(data):
        mark = token.group()
        if mark in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise BadJson("too_deep")
        elif mark in (b"]", b"}"):
            depth -= 1
