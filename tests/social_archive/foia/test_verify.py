"""The stranger's check: a bundle that is well is called well, and every way of making it say something else is found.

Three people alter bundles here. Somebody with a text editor; somebody who makes the lists of hashes anew but has no
key; and an insider who has the ledger's key too. Against the last one stand only the ledger's tree and the sums.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.foia import verify
from social_archive.foia.bundle import cells
from tests.social_archive.foia.bundle_by_hand import (
    CODE,
    SIGNER,
    STRANGER,
    Files,
    Story,
    as_folder,
    as_zip,
    bag,
    canonical,
    control,
    note_beside,
    payload,
    problems,
)

PAYLOAD = payload()
BAG = bag(PAYLOAD)


def read(files: Files, name: str) -> Any:
    return json.loads(files[name])


# --------------------------------------------------------------------------- well


def test_a_bundle_that_is_well_is_called_well_in_words_that_a_clerk_understands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = as_zip(BAG, tmp_path)
    note_beside(target)
    assert verify.main([str(target), "--key", SIGNER.vkey]) == verify.WELL
    shown = capsys.readouterr().out
    assert shown.splitlines()[0] == "This answer is whole and unaltered."
    said = " ".join(shown.split())
    assert "Request 2026-014 of Larkspur Public Library, signed by the ledger larkspur.example/social-records" in said
    assert ("5 records matched the search. 2 are here in full, 1 with words removed, 1 withheld, 1 destroyed on "
            "schedule. None is missing.") in said  # fmt: skip
    assert "6 versions are proven against the signed ledger of 14 lines; 5 removals are marked." in said
    assert "Key: the one that you gave." in said


def test_a_search_that_found_nothing_is_an_answer_too() -> None:
    assert problems(bag(payload(Story(things=[])))) == []


def test_it_finds_the_bundle_that_it_lies_in_and_runs_by_itself(tmp_path: Path) -> None:
    folder = as_folder(BAG, tmp_path / "records-2026-014")
    beside = tmp_path / "verify.py"
    beside.write_bytes(Path(verify.__file__).read_bytes())
    for program in (folder / "data" / "verify.py", beside):
        alone = [sys.executable, "-I", str(program), "--json"]
        run = subprocess.run(alone, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        told = json.loads(run.stdout)
        assert (told["ok"], told["hits"], told["key_given"], told["key"]) == (True, 5, False, SIGNER.vkey)
    assert problems(BAG) == []  # and has left nothing behind in the bag
    assert {p.name for p in folder.iterdir()} == {name.partition("/")[0] for name in BAG}


def test_stock_tools_find_it_well_too(tmp_path: Path) -> None:
    folder = as_folder(BAG, tmp_path / "bag")
    stock = Path(sys.executable).with_name("bagit.py")
    checked = subprocess.run([sys.executable, str(stock), "--validate", str(folder)], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    tested = subprocess.run(["unzip", "-t", str(as_zip(BAG, tmp_path))], capture_output=True, check=False)
    assert tested.returncode == 0, tested.stdout


def test_it_uses_nothing_but_the_standard_library_and_cryptography_and_an_old_python_reads_it() -> None:
    tree = ast.parse(Path(verify.__file__).read_text("utf-8"), feature_version=(3, 9))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    tops = {name.partition(".")[0] for name in imported}
    assert tops - sys.stdlib_module_names == {"cryptography"}
    assert not tops & {"socket", "urllib", "http", "ssl"}


def test_how_it_is_called_wrongly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = as_zip(BAG, tmp_path)
    (tmp_path / "key.txt").write_text("# published on our page\n" + SIGNER.vkey + "\n")
    (tmp_path / "empty.txt").write_text("\n")
    assert verify.main([str(target), "--key-file", str(tmp_path / "key.txt")]) == verify.WELL
    for wrong in ([str(tmp_path / "nowhere.zip")], [str(target), "--key", "no key"], [str(tmp_path / "empty")],
                  [str(target), "--key-file", str(tmp_path / "empty.txt")],
                  [str(target), "--key-file", str(target)]):  # fmt: skip
        assert verify.main(wrong) == verify.UNUSABLE
        assert capsys.readouterr().err.strip()


# --------------------------------------------------------------------------- whose it is


def test_whoever_signs_it_all_with_a_key_of_his_own_is_caught_by_the_published_key_and_named_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = bag(payload(signer=STRANGER), STRANGER)
    assert problems(forged, STRANGER.vkey) == []
    (said,) = problems(forged, SIGNER.vkey)
    assert "another key than the one that you gave" in said
    assert verify.main([str(as_folder(forged, tmp_path))]) == verify.WELL
    shown = " ".join(capsys.readouterr().out.split())
    assert "taken from the bundle itself - compare it" in shown
    assert STRANGER.vkey in shown


def test_signing_a_part_with_another_key_is_caught_without_any_key() -> None:
    assert any("signature.note is not signed by" in p for p in problems(bag(PAYLOAD, STRANGER)))
    assert any("checkpoint.txt) is not signed by" in p for p in problems(bag(
        PAYLOAD | {"proofs/checkpoint.txt": payload(signer=STRANGER)["proofs/checkpoint.txt"]})))  # fmt: skip
    assert any("signature.note is not signed by" in p for p in problems(bag(
        PAYLOAD | {"proofs/key.txt": STRANGER.vkey.encode()})))  # fmt: skip
    assert any("holds no key" in p for p in problems(bag(PAYLOAD | {"proofs/key.txt": b"larkspur+0+AA=="})))


# --------------------------------------------------------------------------- somebody with a text editor


def flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


@pytest.mark.parametrize("name", sorted(BAG))
def test_whatever_is_done_to_a_file_is_found_and_the_file_is_named(name: str) -> None:
    body = BAG[name]
    others = {other: b for other, b in BAG.items() if other != name}
    altered = [flipped(body, at) for at in {0, len(body) // 2, len(body) - 1}]
    altered += [body[:-1], body[: len(body) // 2], b"", body + b" ", body + b"\n", body + body]
    for one in altered:
        assert any(name in p for p in problems(BAG | {name: one})), one[:80]
    assert any(f"{name} is missing" in p for p in problems(others))
    renamed = problems({**others, f"{name}.old": body})
    assert any(f"{name}.old" in p for p in renamed)
    assert any(f"{name} is missing" in p for p in renamed)


def test_nothing_can_be_put_in_or_swapped() -> None:
    for extra in ("data/note.txt", "note.txt", "fetch.txt", "data/native/LPL-2026-014-0009-v1.json", ".DS_Store"):
        assert any(extra in p for p in problems(BAG | {extra: b"x"}))
    names = sorted(BAG)
    for one, other in zip(names, [*names[1:], names[0]], strict=True):
        if BAG[one] != BAG[other]:
            assert any(one in p for p in problems(BAG | {one: BAG[other], other: BAG[one]}))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_no_random_change_makes_it_stumble_or_passes(data: st.DataObject) -> None:
    files = dict(BAG)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(files)))
        body = files[name]
        match data.draw(st.sampled_from(["write", "cut", "drop", "move", "copy"])):
            case "write":
                at = data.draw(st.integers(0, len(body)))
                files[name] = body[:at] + data.draw(st.binary(min_size=1, max_size=40)) + body[at:]
            case "cut":
                files[name] = body[: data.draw(st.integers(0, len(body)))]
            case "drop":
                del files[name]
            case "move":
                files[f"{name}x"] = files.pop(name)
            case _:
                files[name] = files[data.draw(st.sampled_from(sorted(files)))]
    assert bool(problems(files)) == (files != BAG)


@given(st.text())
def test_a_cell_is_compared_with_the_text_that_it_was_made_from(text: str) -> None:
    _, (cell, _) = csv.reader(io.StringIO(cells.csv_of("ab", [[text, "x"]]).decode("utf-8-sig"), newline=""))
    assert verify.is_cell_of(cell, text)
    assert not verify.is_cell_of(cells.inert(f"{text}x"), text)


# --------------------------------------------------------------------------- lists made anew; an insider with the key


def every_change(value: Any) -> Iterator[Any]:
    """Each value in a JSON text altered, each member left out, each member of a list repeated."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: changed} for changed in every_change(inner))
        yield {**value, "more": 1}
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield value[:n] + value[n + 1 :]
            yield [*value[: n + 1], *value[n:]]
            yield from ([*value[:n], changed, *value[n + 1 :]] for changed in every_change(inner))
        yield [*value, "more"]
    elif isinstance(value, str):
        yield f"{value}x"
        yield ("0" if value[:1] != "0" else "1") + value[1:]
    else:
        yield True if value is None else not value if isinstance(value, bool) else value + 1


def changes(name: str) -> Iterator[Files]:
    if name.endswith(".jsonl"):
        lines = PAYLOAD[name].splitlines(keepends=True)
        for n, line in enumerate(lines):
            yield {name: b"".join((*lines[:n], *lines[n + 1 :]))}
            yield {name: b"".join((*lines, line))}
            for changed in every_change(json.loads(line)):
                yield {name: b"".join((*lines[:n], canonical(changed) + b"\n", *lines[n + 1 :]))}
    else:
        yield from ({name: canonical(changed)} for changed in every_change(read(PAYLOAD, name)))


PROOFS = ["proofs/reconciliation.json", "proofs/search.json", "proofs/search-entry.json", "proofs/records.jsonl"]
JSON = [*PROOFS, f"redacted/{control(2)}-v1.json"]
FREE = (b'"certificate":"DC-2026-003x"', b'"certificate":"0C-2026-003"')
"""The number of a certificate stands nowhere else: only the signature holds it."""


@pytest.mark.parametrize("name", PROOFS)
def test_an_insider_with_the_key_cannot_alter_one_value_of_the_proofs(name: str) -> None:
    seen = 0
    for change in changes(name):
        if not any(mark in change[name] for mark in FREE):
            seen += 1
            assert problems(bag(PAYLOAD | change)), change[name][:2000]
    assert seen >= 20


@pytest.mark.parametrize("name", JSON)
def test_whoever_has_no_key_can_make_the_lists_anew_and_is_caught_all_the_same(name: str) -> None:
    for n, change in enumerate(changes(name)):
        if n % 5 == 0:
            said = problems(bag(PAYLOAD | change, keep=BAG))
            assert any("its lists were made anew" in p for p in said)


def told_of(**changed: Any) -> bytes:
    return canonical(read(PAYLOAD, "proofs/reconciliation.json") | changed)


def items_with(place: int, **changed: Any) -> bytes:
    items = read(PAYLOAD, "proofs/reconciliation.json")["items"]
    items[place - 1] |= changed
    counts = {outcome: sum(i["outcome"] == outcome for i in items) for outcome in verify.OUTCOMES}
    return told_of(items=items, **counts)


def lines_with(place: int, change: Callable[[dict[str, Any]], None]) -> bytes:
    lines = [json.loads(line) for line in PAYLOAD["proofs/records.jsonl"].splitlines()]
    for line in lines:
        if line["control"] == control(place):
            change(line)
    return b"".join(canonical(line) + b"\n" for line in lines)


def without(prefix: str) -> Files:
    return {name: body for name, body in PAYLOAD.items() if not name.startswith(prefix)}


def replaced(name: str, old: str, new: str) -> Files:
    assert old.encode() in PAYLOAD[name]
    return PAYLOAD | {name: PAYLOAD[name].replace(old.encode(), new.encode())}


def dropped_everywhere() -> Files:
    """The last hit is gone from the search, the sums, the index, the proofs and the files: all of it adds up again."""
    search, last = read(PAYLOAD, "proofs/search.json"), control(5)
    search["details"]["hits"].pop()
    items = read(PAYLOAD, "proofs/reconciliation.json")["items"][:-1]
    index = b"".join(line for line in PAYLOAD["4-index.csv"].splitlines(keepends=True) if last.encode() not in line)
    proofs = b"".join(line for line in PAYLOAD["proofs/records.jsonl"].splitlines(keepends=True)
                      if last.encode() not in line)  # fmt: skip
    return without(f"native/{last}") | {
        "proofs/search.json": canonical(search), "proofs/records.jsonl": proofs, "4-index.csv": index,
        "proofs/reconciliation.json": told_of(items=items, hits=4, released=1)}  # fmt: skip


def with_another_text(line: dict[str, Any]) -> None:
    next(f for f in line["fields"] if f["name"] == "body")["value"] = {"s": "Nothing to see (invented)."}


def with_a_secret_of_another(line: dict[str, Any]) -> None:
    body = next(f for f in line["fields"] if f["name"] == "body")
    del body["commitment"]
    body |= {"salt": "0" * 64, "value": {"s": "guessed"}}


def claiming_another_outcome(name: str, place: int, outcome: str) -> Files:
    return replaced("4-index.csv", f"{control(place)},1,{name}", f"{control(place)},1,{outcome}")


BY_AN_INSIDER: dict[str, tuple[Files, str]] = {
    "a hit is dropped everywhere": (dropped_everywhere(), "is not the one that the ledger took in"),
    "a hit is left out of the sums": (PAYLOAD | {"proofs/reconciliation.json": told_of(items=read(
        PAYLOAD, "proofs/reconciliation.json")["items"][:-1], hits=4, released=1)}, "Hit 5 of the search has been"),
    "a hit is there twice": (PAYLOAD | {"proofs/reconciliation.json": items_with(5, rid="a" * 32)}, "left out of"),
    "totals are forged": (PAYLOAD | {"proofs/reconciliation.json": told_of(released=3, withheld=0)},
                          "tells of 3 released records and lists 2"),
    "a released text is changed": (PAYLOAD | {
        "proofs/records.jsonl": lines_with(1, with_another_text)}, "not what was recorded when it was captured"),
    "a released text is changed in the index": (replaced("4-index.csv", "closes on Monday", "closes on Sunday"),
                                                "shows another text of 'LPL-2026-014-0001', version '1'"),
    "a gap is not told": (replaced("6-search-statement.json", "outage", "holiday"), "something else of the gaps than"),
    "other terms are told": (replaced("6-search-statement.json", "parking lot", "garden"), "else of the terms"),
    "other totals are told": (replaced("6-search-statement.json", '"withheld": 1', '"withheld": 0'),
                              "something else of the totals"),
    "the platform's bytes are changed": (replaced(f"native/{control(1)}-v1.json", "Monday", "Sunday"),
                                         "not what was recorded when it was captured"),
    "a removed text is made up": (PAYLOAD | {"proofs/records.jsonl": lines_with(2, with_a_secret_of_another)},
                                  "not what was recorded when it was captured"),
    "a redacted record is passed off as released": (PAYLOAD | {"proofs/reconciliation.json": items_with(
        2, outcome="released", codes=[])}, "called released in full, but author, body, identity, native is withheld"),
    "a withheld record shows a part": (PAYLOAD | {"proofs/reconciliation.json": items_with(
        1, outcome="withheld", codes=[CODE])}, "called withheld, but a part of it is shown"),
    "a record is called destroyed": (PAYLOAD | {"proofs/reconciliation.json": items_with(
        5, outcome="disposed", certificate="DC-1")}, "though LPL-2026-014-0005 is disposed"),
    "destroyed without a certificate": (PAYLOAD | {"proofs/reconciliation.json": items_with(4, certificate=None)},
                                        "no certificate of destruction is named"),
    "withheld without an exemption": (PAYLOAD | {"proofs/reconciliation.json": items_with(3, codes=[])},
                                      "is withheld, and no exemption is named"),
    "one proof is given twice": (PAYLOAD | {"proofs/records.jsonl": PAYLOAD["proofs/records.jsonl"] * 2},
                                 "proven twice"),
    "a proof is missing": (PAYLOAD | {"proofs/records.jsonl": b"\n".join(
        PAYLOAD["proofs/records.jsonl"].split(b"\n")[1:])}, f"Version 1 of {control(1)} is not proven"),
    "a control number is another's": (PAYLOAD | {"proofs/reconciliation.json": items_with(5, control=control(4))},
                                      "is not that of place 5"),
    "the index says otherwise": (claiming_another_outcome("released", 5, "withheld"), "says something else of"),
    "the index lacks a row": (PAYLOAD | {"4-index.csv": PAYLOAD["4-index.csv"].rsplit(b"LPL", 1)[0]},
                              f"has no row for {control(5)}, version 1"),
    "the log gives no reason": (PAYLOAD | {"5-withholding-log.csv": b"".join(
        line for line in PAYLOAD["5-withholding-log.csv"].splitlines(True) if control(3).encode() not in line)},
        f"{control(3)} is withheld, but data/5-withholding-log.csv gives no reason"),
    "the log names another exemption": (replaced("5-withholding-log.csv", CODE, "7(1)(f)"), "names another exemption"),
    "the log speaks of what is released": (replaced("5-withholding-log.csv", control(3), control(1)),
                                           "of which nothing is withheld"),
    "a redacted record is passed off as another": (replaced(f"redacted/{control(2)}-v1.json", control(2), control(3)),
                                         "is marked as that of another record"),
    "beside what is cut something else was altered": (replaced(f"redacted/{control(2)}-v1.json", "comment", "post"),
                                                      "what it shows (origin) is not what was recorded"),
    "a mark of a cut is taken away": (replaced(f"redacted/{control(2)}-v1.json", f'"body":["{CODE}"],', ""),
                                      "marks other fields as cut than its proof"),
    "a withheld record's file is there": (PAYLOAD | {f"native/{control(3)}-v1.json": b"{}"},
                                          f"is there, though {control(3)} is withheld"),
    "a released record has no file": (without(f"native/{control(5)}"), f"native/{control(5)}-v1.json is missing"),
    "a file belongs to nobody": (PAYLOAD | {"native/LPL-2026-014-0006-v1.json": b"{}"}, "belongs to no record"),
    "an attachment is missing": (without("media/"), "is not in the bundle, though the record is called released"),
    "an attachment is another's": (PAYLOAD | {f"media/{control(5)}-v1-0.png": b"x"}, "that has no attachments"),
    "a part is missing": (without("5-withholding-log.pdf"), "data/5-withholding-log.pdf is missing"),
}  # fmt: skip


@pytest.mark.parametrize("what", BY_AN_INSIDER)
def test_what_an_insider_might_do_has_a_sentence_of_its_own(what: str) -> None:
    files, sentence = BY_AN_INSIDER[what]
    said = problems(bag(files))
    assert any(sentence in p for p in said), said


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=6,
)  # fmt: skip


@given(st.sampled_from(PROOFS), st.data(), json_values)
@settings(max_examples=120, deadline=None)
def test_an_insider_who_writes_nonsense_makes_it_neither_stumble_nor_believe(
    name: str, data: st.DataObject, nonsense: Any
) -> None:
    lines = [json.loads(line) for line in PAYLOAD[name].splitlines()]
    line = data.draw(st.integers(0, len(lines) - 1))
    at, place = lines, line
    while isinstance(at[place], (dict, list)) and at[place] and data.draw(st.booleans()):
        at = at[place]
        place = data.draw(st.sampled_from(sorted(at)) if isinstance(at, dict) else st.integers(0, len(at) - 1))
    before, at[place] = at[place], nonsense
    body = b"".join(json.dumps(one).encode() + b"\n" for one in lines)
    free = place == "certificate" and isinstance(nonsense, str)
    same = before == nonsense and type(before) is type(nonsense)
    assert problems(bag(PAYLOAD | {name: body})) or free or (same and name != "proofs/search.json")


@pytest.mark.parametrize("body", [
    b"[" * 200_000, b'{"a":' * 100_000, b"1" * 10_000, b"NaN", b"1e999", b'{"hits":1,"hits":2}', b'"\\ud800"',
    b"\xff", b"", b"null", b"[]", b'{"details":{"hits":[{"rid":"\\ud800","versions":[1]}]}}',
], ids=lambda body: repr(body[:12]))  # fmt: skip
@pytest.mark.parametrize("name", [*PROOFS, "4-index.csv", "5-withholding-log.csv", "proofs/checkpoint.txt"])
def test_texts_that_are_made_to_break_a_reader_are_problems_like_any_other(name: str, body: bytes) -> None:
    said = problems(bag(PAYLOAD) | {f"data/{name}": body + b"\n"})
    assert any(f"data/{name} was altered" in p for p in said)
    assert len(said) > 2  # and what it should have proven is missed


@pytest.mark.parametrize(("manifest", "change"), [
    ("manifest-sha256.txt", lambda b: b.replace(b"  data", b" data", 1)),
    ("manifest-sha256.txt", lambda b: b.replace(b"  data", b"  *data", 1)),
    ("manifest-sha512.txt", lambda b: b.replace(b"\n", b" \n", 1)),
    ("manifest-sha512.txt", lambda b: b.replace(b"\n", b"\r\n")),
    ("manifest-sha256.txt", lambda b: b + b.splitlines(True)[0]),
    ("manifest-sha256.txt", lambda b: b"\xef\xbb\xbf" + b),
    ("manifest-sha256.txt", lambda b: b.upper()),
    ("manifest-sha256.txt", lambda b: b + b"\n"),
    ("manifest-sha256.txt", lambda b: b + b"0" * 64 + b"  ../../etc/passwd\n"),
    ("tagmanifest-sha256.txt", lambda b: b.replace(b"bagit.txt", b"bagit.txt ")),
])  # fmt: skip
def test_a_manifest_has_one_form(manifest: str, change: Callable[[bytes], bytes]) -> None:
    changed = change(BAG[manifest])
    assert changed != BAG[manifest]
    assert any(manifest in p and "altered" not in p for p in problems(BAG | {manifest: changed}))
