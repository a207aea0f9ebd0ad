"""Observations as one table of what is judged: ids, enumerations, times and sizes; never anyone's words.

Built column by column. Struct fields are not checked by msgspec on construction, so a faulty adapter may have put
anything anywhere: whatever cannot be stored exactly as the Arrow schema says is counted in `mistyped_fields` and
left out of the other columns.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from social_archive.record import SCHEMA, UTC_MICROS, Media, Observation, evidential_digest

if TYPE_CHECKING:
    import pandas as pd

KnownIds = Callable[[list[str]], set[str]] | Collection[str]

UTTERANCES: Final = ("post", "comment", "reply")
"""Kinds that somebody says: they need a date and something said."""

SEEN_STATES: Final = ("present", "hidden", "held_for_review")
"""States in which the platform handed the item out, so that its bytes must exist."""

COLUMNS: Final = (
    "platform", "account", "native_id", "kind", "state", "native_size", "content_size", "created_at", "date",
    "edited_at", "edit_delay", "observed_at", "mistyped_fields", "parent", "version", "versions",
)  # fmt: skip

_TYPES: Final = {pa.string(): str, pa.int64(): int, UTC_MICROS: int, pa.bool_(): bool, pa.binary(): bytes}
_PYTHON: Final = {name: _TYPES.get(SCHEMA.field(name).type, tuple) for name in Observation.__struct_fields__}
_JUDGED_ELSEWHERE: Final = ("platform", "account", "native_id", "kind", "state", "native", "observed_at")
_NULLABLE: Final = {
    name for name in Observation.__struct_fields__ if SCHEMA.field(name).nullable or name in _JUDGED_ELSEWHERE
} - {"media", "links", "flags"}
_RANGED: Final = ("created_at", "edited_at", "observed_at")
_MEDIA_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "id": (str,), "url": (str,), "outcome": (str,), "bytes": (int, type(None)),
    **{name: (str, type(None)) for name in ("alt", "mime", "key", "sha256")},
}  # fmt: skip
_YEAR_1: Final = -62_135_596_800_000_000
_YEAR_9999: Final = 253_402_300_799_999_999
_FAR: Final = 2**61  # a clamp: two of them still subtract, and no date comes near

Columns = Mapping[str, list[Any]]


def columns_of(observations: Sequence[Observation]) -> dict[str, list[Any]]:
    return {name: list(map(attrgetter(name), observations)) for name in Observation.__struct_fields__}


# --------------------------------------------------------------------------- types


def mistyped_rows(columns: Columns) -> dict[int, list[str]]:
    """Row → names of the fields whose value the Arrow schema cannot hold exactly. Empty for a sound batch."""
    bad: defaultdict[int, list[str]] = defaultdict(list)
    for name, values in columns.items():
        if not _all_storable(name, values):
            for row, value in enumerate(values):
                if not _all_storable(name, [value]):
                    bad[row].append(name)
    return dict(bad)


def _all_storable(name: str, values: list[Any]) -> bool:
    wanted = _PYTHON[name]
    types = set(map(type, values))
    if name in _NULLABLE:
        types.discard(type(None))
    if not types <= {wanted}:
        return False
    if wanted is str:
        return _utf8(values)
    if wanted is int and name not in _RANGED:
        moment = SCHEMA.field(name).type == UTC_MICROS
        low, high = (_YEAR_1, _YEAR_9999) if moment else (-(2**63), 2**63 - 1)
        return all(value is None or low <= value <= high for value in values)
    if wanted is tuple:
        return _elements_storable(name, [element for value in values for element in value])
    return True


def _utf8(values: list[Any]) -> bool:
    """Can UTF-8 hold them all? (Not a lone surrogate: Parquet would refuse the whole file.)"""
    try:
        pa.array(values, pa.large_string())
    except (UnicodeEncodeError, pa.ArrowException):
        return False
    return True


def _elements_storable(name: str, elements: list[Any]) -> bool:
    if name != "media":
        return set(map(type, elements)) <= {str} and _utf8(elements)
    if not set(map(type, elements)) <= {Media}:
        return False
    for part, allowed in _MEDIA_TYPES.items():
        values = list(map(attrgetter(part), elements))
        if not set(map(type, values)) <= set(allowed):
            return False
        if str in allowed and not _utf8(values):
            return False
        if int in allowed and any(value is not None and abs(value) >= 2**63 for value in values):
            return False
    return True


# --------------------------------------------------------------------------- the table


def frame_of(
    observations: Sequence[Observation], columns: Columns, mistyped: Mapping[int, list[str]], known_ids: KnownIds
) -> pd.DataFrame:
    """One row per observation, in order, with a plain 0..n-1 index. Numbers are float64 (NaN: does not apply)."""
    import numpy as np
    import pandas as pd

    names = {name: _texts(columns[name]) for name in ("platform", "account", "native_id", "kind", "state")}
    times = {name: np.array(_numbers(columns[name]), dtype="float64") for name in _RANGED}
    spoken = np.fromiter((kind in UTTERANCES for kind in names["kind"]), dtype=bool, count=len(observations))
    present = np.fromiter((state == "present" for state in names["state"]), dtype=bool, count=len(observations))
    content = np.array(_sizes(columns, "body", "media", "links", "body_html"), dtype="float64")
    native = np.array(_sizes(columns, "native"), dtype="float64")
    seen = np.fromiter(
        (s in SEEN_STATES and k != "gap" for s, k in zip(names["state"], names["kind"], strict=True)),
        dtype=bool, count=len(observations),
    )  # fmt: skip
    version, versions = _versions(observations, names, mistyped)

    data: dict[str, Any] = {name: pd.array(values, dtype="str") for name, values in names.items()}
    data["native_size"] = np.where(seen, native, np.nan)
    data["content_size"] = np.where(spoken & present, content, np.nan)
    for name in ("kind", "state"):  # an empty string fails the enumeration, where a null would be passed over
        data[name] = pd.array([value or "" for value in names[name]], dtype="str")
    data.update(times)
    data["observed_at"] = np.nan_to_num(times["observed_at"], nan=0.0)  # likewise: no time is out of range
    dated = np.where(np.isnan(times["created_at"]), "unknown", "known")
    data["date"] = pd.Series(dated, dtype="str").where(spoken & present)
    data["edit_delay"] = times["edited_at"] - times["created_at"]
    data["mistyped_fields"] = np.zeros(len(observations))
    data["mistyped_fields"][list(mistyped)] = [len(fields) for fields in mistyped.values()]
    data["parent"] = pd.array(_parents(columns, names, known_ids), dtype="str")
    data["version"] = np.array(version, dtype="float64")
    data["versions"] = np.array(versions, dtype="float64")
    return pd.DataFrame({name: data[name] for name in COLUMNS})


def _texts(values: list[Any]) -> list[str | None]:
    """Strings as they are; anything else, the empty string and what UTF-8 cannot hold count as missing."""
    if set(map(type, values)) <= {str, type(None)} and _utf8(values):
        return [value or None for value in values]
    return [value if type(value) is str and value and _utf8([value]) else None for value in values]


def _numbers(values: list[Any]) -> list[int | None]:
    if set(map(type, values)) <= {int, type(None)}:
        return [value if value is None or -_FAR < value < _FAR else (_FAR if value > 0 else -_FAR) for value in values]
    return _numbers([value if type(value) is int else None for value in values])


def _sizes(columns: Columns, *names: str) -> list[int]:
    """How much there is in the named fields of each row, added up (characters, bytes, elements)."""
    return [
        sum(len(value) for value in row if isinstance(value, (str, bytes, tuple, list)))
        for row in zip(*(columns[name] for name in names), strict=True)
    ]


def _parents(columns: Columns, names: Mapping[str, list[str | None]], known_ids: KnownIds) -> list[str | None]:
    """`known` if the parent is in this batch or in the archive, `unknown` if not, None where there is none."""
    parents = _texts(columns["parent_native_id"])
    wanted = {parent for parent in parents if parent}
    if not wanted:
        return [None] * len(parents)
    in_batch = set(zip(names["platform"], names["account"], names["native_id"], strict=True))
    keys = list(zip(names["platform"], names["account"], parents, strict=True))
    elsewhere = {key[2] for key in keys if key[2] and key not in in_batch}
    archived: Collection[str] = ()
    if elsewhere:
        archived = known_ids(sorted(elsewhere)) if callable(known_ids) else known_ids
    return [
        None if not key[2] else "known" if key in in_batch or key[2] in archived else "unknown" for key in keys
    ]


# --------------------------------------------------------------------------- versions within a batch


def _versions(
    observations: Sequence[Observation], names: Mapping[str, list[str | None]], mistyped: Mapping[int, list[str]]
) -> tuple[list[int], list[int]]:
    """Per row: which version of its id it is within the batch (from 0), and how many versions the id has there.

    Sightings of one id are put in order; the version goes up whenever the content differs from the sighting
    before. So A, A, B, A are the versions 0, 0, 1, 2, and a repeated pair (id, version) is a mere duplicate.
    """
    version = [0] * len(observations)
    versions = [1] * len(observations)
    for rows in repeated_ids(names, skip=mistyped).values():
        rows.sort(key=lambda row: order_of(observations[row], row))
        number, before = -1, None
        for row in rows:
            digest = evidential_digest(observations[row])
            number += digest != before
            version[row], before = number, digest
        for row in rows:
            versions[row] = number + 1
    # Rows without a usable id are told apart by their place: they are refused, but not as each other's duplicates.
    for row, name in enumerate(names["native_id"]):
        if name is None or row in mistyped:
            version[row] = -1 - row
    return version, versions


def repeated_ids(
    names: Mapping[str, Sequence[str | None]], skip: Collection[int] | Mapping[int, Any] = ()
) -> dict[tuple[Any, ...], list[int]]:
    """(platform, account, native id) → rows, for the ids that stand in more than one row."""
    keys = list(zip(names["platform"], names["account"], names["native_id"], strict=True))
    counted = Counter(keys)
    groups: dict[tuple[Any, ...], list[int]] = {}
    if len(counted) == len(keys):
        return groups
    for row, key in enumerate(keys):
        if counted[key] > 1 and key[2] is not None and row not in skip:
            groups.setdefault(key, []).append(row)
    return groups


def order_of(o: Observation, position: int) -> tuple[int, int, int]:
    """When a sighting happened: by our clock, within one page by the platform's, then as it came."""
    return (o.observed_at or 0, o.edited_at or o.created_at or 0, position)


# --------------------------------------------------------------------------- threads


def threads_of(columns: Columns, expected: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """(root, comments and replies in this batch, number that the platform states) for every expected root."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for root, own, kind in zip(columns["root_native_id"], columns["native_id"], columns["kind"], strict=True):
        if type(root) is str and type(own) is str and root != own and kind in ("comment", "reply"):
            found[root].add(own)
    return [(root, len(found.get(root, ())), total) for root, total in expected.items() if type(total) is int]


def thread_frame(threads: Iterable[tuple[str, int, int]]) -> pd.DataFrame:
    import pandas as pd

    rows = list(threads)
    return pd.DataFrame({"found": [row[1] for row in rows], "expected": [row[2] for row in rows]}, dtype="float64")
