"""Proofs: whole or redacted ones verify offline, and no altered one does."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import pytest

from social_archive.entry import EMPTY, Draft, Entry
from social_archive.ledger import Ledger
from social_archive.merkle import TreeReader
from social_archive.note import Signer
from social_archive.proof import FORMAT, CannotProve, make_proof, verify_proof
from social_archive.record import Media, Observation, Version, accessioned, canonical, evidential_digest, table
from tests.faults.memory_store import Bucket, MemoryStore

ORIGIN = "larkspur.example/social-records"
SIGNER = Signer(ORIGIN, b"\x05" * 32)


def version(i: int) -> Version:
    """An invented comment."""
    o = Observation(
        kind="comment", native_id=f"{2**63 + i}", native=b'{"id":%d,"text":"\xf0\x9f\x93\x9a"}' % i,
        platform="mastodon", account="library", author_id="reader-77", author_name="Invented Reader",
        body=f"Is the reading room open? {i} 📚\u202e",
        created_at=1_700_000_000_000_000 + i, created_at_text="2023-11-14T22:13:20Z", likes=3, harvest_id="h1",
        media=(Media(id="m1", url="https://media.example/1.png", alt="a shelf"),), observed_at=1_700_000_001_000_000,
        links=("https://larkspur.example/hours",), adapter="mastodon/1",
    )  # fmt: skip
    return accessioned(
        o, rid=f"{i:032x}", version=1, series="social-media", cutoff="2023-11", retain_until=None,
        digest=evidential_digest(o),
    )  # fmt: skip


def leaf(v: Version) -> bytes:
    return canonical({"t": "record", "rid": v.rid, "ver": v.version, "series": v.series, "c": v.commitment.hex()})


@pytest.fixture(scope="module")
def archived() -> tuple[list[dict[str, Any]], list[Entry], TreeReader]:
    """Rows as Parquet gives them back, in three entries of five records."""
    ledger, head = Ledger(MemoryStore(Bucket()), SIGNER, ORIGIN), EMPTY
    versions = [version(i) for i in range(15)]
    entries = []
    for n in range(3):
        entries.append(ledger.append(Draft("accession", f"t{n}", [leaf(v) for v in versions[n * 5 : n * 5 + 5]]), head))
        head = entries[-1].head
    tree = TreeReader([h for e in entries for h in e.hashes])
    return table(versions).to_pylist(), entries, tree


def proof_of(archived: Any, i: int = 7, **options: Any) -> dict[str, Any]:
    rows, entries, tree = archived
    entry = entries[i // 5]
    index = entry.first_leaf + 1 + i % 5
    return json.loads(json.dumps(make_proof(rows[i], entry, index, tree, vkey=SIGNER.vkey, **options)))


@pytest.mark.parametrize("i", [0, 4, 5, 14])
def test_a_whole_proof_verifies_and_shows_the_record(archived: Any, i: int) -> None:
    report = verify_proof(proof_of(archived, i), SIGNER.vkey)
    assert (report.ok, report.problems, report.withheld) == (True, [], [])
    assert report.fields["body"] == f"Is the reading room open? {i} 📚\u202e"
    assert report.fields["native"] == b'{"id":%d,"text":"\xf0\x9f\x93\x9a"}' % i
    assert report.fields["identity"][0] == f"{2**63 + i}"
    assert (report.rid, report.version, report.series) == (f"{i:032x}", 1, "social-media")
    assert report.origin == ORIGIN
    assert report.key_given


def test_a_redacted_proof_verifies_and_holds_no_trace_of_what_is_withheld(archived: Any) -> None:
    proof = proof_of(archived, reveal={"body", "times"})
    report = verify_proof(proof, SIGNER.vkey)
    assert report.ok
    assert set(report.fields) == {"body", "times"}
    assert {"author", "native", "media", "identity"} <= set(report.withheld)
    text = json.dumps(proof)
    for secret in ("Invented Reader", "reader-77", "media.example", archived[0][7]["secret"].hex()):
        assert secret not in text
    assert "salt" not in next(f for f in proof["fields"] if f["name"] == "author")


def test_a_proof_needs_nothing_but_itself(archived: Any) -> None:
    report = verify_proof(proof_of(archived))
    assert report.ok
    assert not report.key_given
    assert report.vkey == SIGNER.vkey


def test_the_key_that_the_public_body_publishes_decides(archived: Any) -> None:
    forger = Signer.generate(ORIGIN)
    assert not verify_proof(proof_of(archived), forger.vkey).ok
    assert not verify_proof(proof_of(archived) | {"vkey": forger.vkey}).ok


def test_a_key_of_another_ledger_cannot_vouch_for_this_one(archived: Any) -> None:
    other = Signer.generate("elsewhere.example/log")
    proof = proof_of(archived)
    text = proof["checkpoint"].partition("\n\n")[0] + "\n"
    report = verify_proof(proof | {"checkpoint": other.sign_note(text), "vkey": other.vkey})
    assert report.problems == ["the checkpoint is signed by the key of another ledger"]


# --------------------------------------------------------------------------- altered proofs


def strings_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in strings_of(v, (*path, k))]
    if isinstance(value, list):
        return [p for k, v in enumerate(value) for p in strings_of(v, (*path, k))]
    return [path]


def changed(proof: dict[str, Any], path: tuple[Any, ...], change: Any) -> dict[str, Any]:
    proof = copy.deepcopy(proof)
    place: Any = proof
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = change(place[path[-1]])
    return proof


def other_value(value: Any) -> Any:
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1") if value else "x"
    return not value if isinstance(value, bool) else "x" if value is None else value + 1


@pytest.mark.parametrize("reveal", [None, {"body"}])
def test_no_altered_value_anywhere_in_a_proof_passes(archived: Any, reveal: set[str] | None) -> None:
    proof = proof_of(archived, reveal=reveal)
    for path in strings_of(proof):
        for change in (other_value, lambda _: None, lambda _: 1.5, lambda _: [], lambda _: {}, lambda _: "\ud800"):
            altered = changed(proof, path, change)
            if altered != proof:
                assert not verify_proof(altered, SIGNER.vkey).ok or path == ("vkey",), path


def test_no_proof_with_a_part_missing_or_doubled_passes(archived: Any) -> None:
    proof = proof_of(archived)
    for name in proof:
        if name != "vkey":
            assert not verify_proof({k: v for k, v in proof.items() if k != name}, SIGNER.vkey).ok, name
    assert not verify_proof({k: v for k, v in proof.items() if k != "vkey"}).ok
    for part in ("fields", "inclusion"):
        for i in range(len(proof[part])):
            less, more = proof[part][:i] + proof[part][i + 1 :], proof[part][: i + 1] + proof[part][i:]
            assert not verify_proof(proof | {part: less}, SIGNER.vkey).ok
            assert not verify_proof(proof | {part: more}, SIGNER.vkey).ok
    assert not verify_proof(proof | {"fields": proof["fields"][::-1]}, SIGNER.vkey).ok


def test_the_leaf_of_another_record_does_not_fit(archived: Any) -> None:
    one, other = proof_of(archived, 6), proof_of(archived, 7)
    for part in ("leaf", "leaf_index", "fields", "record", "inclusion"):
        assert not verify_proof(one | {part: other[part]}, SIGNER.vkey).ok, part


def test_a_proof_of_another_tree_does_not_fit(archived: Any) -> None:
    early, late = proof_of(archived, 1), proof_of(archived, 14)
    assert not verify_proof(early | {"checkpoint": late["checkpoint"]}, SIGNER.vkey).ok


@pytest.mark.parametrize("value", [
    {"j": "text"}, {"s": 1}, {"s": "a", "b": "YQ=="}, {}, {"x": 1}, {"b": "not base64"}, {"b": "YQ"}, "text", None,
    {"j": float("nan")}, {"j": {"a": float("inf")}}, {"s": "\ud800"}, {"j": ["\ud800"]},
])  # fmt: skip
def test_a_value_has_one_form_only(archived: Any, value: Any) -> None:
    proof = proof_of(archived)
    proof["fields"][1]["value"] = value
    assert verify_proof(proof, SIGNER.vkey).problems == ["a field's value is not in one of the forms s, b, j"]


@pytest.mark.parametrize("junk", [None, [], "proof", 1, {}, {"format": "x"}, {"format": FORMAT}])
def test_what_is_no_proof_is_refused_quietly(junk: Any) -> None:
    assert not verify_proof(junk).ok


def test_a_leaf_of_another_kind_is_no_record(archived: Any) -> None:
    """The entry's own line is a leaf too; it must not pass for a record."""
    entry = archived[1][1]
    proof = proof_of(archived) | {
        "leaf": entry.leaves[0].decode(), "leaf_index": entry.first_leaf,
        "inclusion": [h.hex() for h in archived[2].inclusion(entry.first_leaf, entry.head.size)],
    }  # fmt: skip
    assert verify_proof(proof, SIGNER.vkey).problems == ["the leaf is not that of a record"]


# --------------------------------------------------------------------------- what cannot be proved


def test_a_row_that_was_altered_is_not_proved(archived: Any) -> None:
    rows, entries, tree = archived
    for change in ({"body": "other"}, {"secret": os.urandom(32)}, {"rid": "0" * 32}, {"version": 2}, {"likes": 4}):
        with pytest.raises(CannotProve):
            make_proof(rows[7] | change, entries[1], entries[1].first_leaf + 3, tree, vkey=SIGNER.vkey)


def test_a_wrong_place_is_not_proved(archived: Any) -> None:
    rows, entries, tree = archived
    for index in (0, entries[1].first_leaf, entries[1].first_leaf + 2, entries[2].first_leaf + 1):
        with pytest.raises(CannotProve):
            make_proof(rows[7], entries[1], index, tree, vkey=SIGNER.vkey)


def test_a_field_that_the_record_lacks_cannot_be_revealed(archived: Any) -> None:
    with pytest.raises(CannotProve, match="shoe_size") as refused:
        proof_of(archived, reveal={"shoe_size"})
    assert "body" in refused.value.remedy


def test_a_proof_that_would_not_verify_is_not_handed_out(archived: Any) -> None:
    rows, entries, _ = archived
    wrong = TreeReader([h for e in entries for h in e.hashes][::-1])
    with pytest.raises(Exception, match="does not prove"):
        make_proof(rows[7], entries[1], entries[1].first_leaf + 3, wrong, vkey=SIGNER.vkey)
