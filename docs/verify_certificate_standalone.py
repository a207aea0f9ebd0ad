"""Check a certificate of destruction, written from docs/certificate-format.md alone. Uses none of the archive's code.

    python verify_certificate_standalone.py certificate.json ['VERIFIER KEY']   (the key that the public body publishes)

The note (certificate.note.txt) lies beside it; the pages (certificate.pdf) are checked if they do too. Stops at the
first thing that is wrong. Needs Python 3.11, the package `cryptography`, and verify_proof_standalone.py beside it.
Exit code 0: the certificate holds; 1: it does not.
"""

import hashlib
import json
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from verify_proof_standalone import Bad, canonical, need, open_checkpoint, open_note, root_from, sha256, unique

FORMAT = "social-records-archive/certificate/v1"
COMPANIONS = ("findings", "decisions", "determinations", "explanations", "answers")
STEPS = ("proposed", "filed", "returned", "approved", "claimed", "destroyed", "verified", "withdrawn", "blocked")


def moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    need(at.tzinfo is not None, "a time has no zone")
    return at


def second(text: str) -> datetime:
    return moment(text).replace(microsecond=0)


def once(things: list, otherwise: str) -> set:
    need(len(set(things)) == len(things), otherwise)
    return set(things)


def signed(c: dict, body: bytes, note: str, pdf: bytes | None, key: str) -> tuple[int, bytes]:
    """Steps 1 and 2: (size, root) of the ledger's checkpoint."""
    need(c["format"] == FORMAT, "it has another format")
    need(canonical(c) + b"\n" == body, "it was opened and saved, or altered")
    ledger = c["ledger"]
    text = [FORMAT, f"number {c['number']}", f"plan {c['plan']}",
            f"ledger {ledger['origin']} {ledger['size']} {ledger['root']}",
            f"json sha256:{hashlib.sha256(body).hexdigest()}"]  # fmt: skip
    lines = open_note(note, key).split("\n")
    pages = lines.pop() if lines[-1].startswith("pdf ") else None
    need(lines == text, "the note signs another certificate")
    need(pdf is None or pages == f"pdf sha256:{hashlib.sha256(pdf).hexdigest()}", "the note signs other pages")
    origin, size, root = open_checkpoint(ledger["checkpoint"], key)
    need((origin, size, root.hex()) == (ledger["origin"], ledger["size"], ledger["root"]), "another checkpoint")
    need(ledger["vkey"] == key, "the certificate names another key")
    return size, root


def entries(c: dict, size: int, root: bytes) -> dict[str, list[dict]]:
    """Step 3: the entries by what they are, each `{n, leaf_index, time, objects, note}`."""
    story: dict[str, list[dict]] = {step: [] for step in STEPS}
    for shown in c["evidence"]:
        line, who = json.loads(shown["leaf"]), f"entry {shown['n']}"
        need(canonical(line) == shown["leaf"].encode(), f"{who} is not a line of the ledger")
        need((line["t"], line["n"], line["what"]) == ("entry", shown["n"], shown["what"]), f"{who} is another entry")
        hashed = sha256(b"\0", shown["leaf"].encode())
        need(root_from(hashed, shown["leaf_index"], size, shown["inclusion"]) == root, f"{who} is not in the ledger")
        step = line["what"].removeprefix("disposal.")
        if step in story:
            need(line["note"]["disposal"] == c["disposal"], f"{who} speaks of another disposal")
            story[step].append(line | {"leaf_index": shown["leaf_index"]})
    for a, b in pairwise(c["evidence"]):
        need(a["n"] < b["n"] and a["leaf_index"] < b["leaf_index"], "the entries are out of order")
    need(not story["withdrawn"], "the disposal was withdrawn")
    return story


def asked_for(c: dict, story: dict[str, list[dict]]) -> None:
    """Steps 4 to 6: proposed, approved by two others, answered by the authority."""
    need(len(story["proposed"]) == 1, "there is not one proposal")
    (proposed,), approved = story["proposed"], story["approved"]
    claim = min((e["n"] for e in story["claimed"]), default=0)
    need(all(e["n"] >= proposed["n"] for step in story.values() for e in step), "something came before the proposal")
    plans = {e["note"]["plan"] for e in (proposed, *approved, *story["claimed"])}
    need(plans == {c["plan"]}, "a plan is another")
    need(c["plan"] in [o.get("sha256") for o in proposed["objects"]], "the list was never stored")
    need(sorted(e["note"]["place"] for e in approved) == [1, 2], "there are not two approvals")
    names = [e["note"]["by"].strip().casefold() for e in (proposed, *approved)]
    once(names, "one person acted twice")
    need(all(e["n"] < claim for e in approved), "objects were claimed before the approvals")
    people = [c["people"]["proposed"], *sorted(c["people"]["approved"], key=lambda p: p["place"])]
    told = [(p["by"], p["via"], second(p["at"]), p.get("place")) for p in people]
    acted = [proposed, *sorted(approved, key=lambda e: e["note"]["place"])]
    need(told == [(e["note"]["by"], e["note"]["via"], second(e["time"]), e["note"].get("place")) for e in acted],
         "the people are others than in the ledger")  # fmt: skip
    filed = [e["note"]["on"] for e in story["filed"]]
    answers = [{k: e["note"].get(k) for k in ("outcome", "reference", "on")} for e in story["returned"]]
    told = c["authority"]
    need(told["filed"] == (filed[-1] if filed else None), "the filing is told otherwise")
    need(told["returned"] == (answers[-1] if answers else None), "the authority's answer is told otherwise")
    need(all(e["n"] < claim for e in (*story["filed"], *story["returned"])), "objects were claimed before the answer")
    if told["required"] or answers:
        need(bool(answers) and answers[-1]["outcome"] in ("approved", "amended"), "the authority did not approve")


def carried_out(c: dict, story: dict[str, list[dict]]) -> int:
    """Steps 7 and 8: claimed, destroyed once, as the certificate says. How many objects were released."""
    claims = {e["note"]["batch"]: e for e in story["claimed"]}
    ends = {e["note"]["batch"]: e for e in story["destroyed"]}
    need(claims.keys() == ends.keys() and len(claims) > 0, "a batch was claimed or destroyed without the other")
    need(len(claims) == len(story["claimed"]) and len(ends) == len(story["destroyed"]), "a batch is there twice")
    for batch, claim in claims.items():
        end, claimed = ends[batch], {(key, version) for key, version in claim["note"]["objects"]}
        gone = {(o["key"], o["version"]) for o in end["note"]["objects"]}
        released = set(end["note"]["released"])
        need(claim["n"] < end["n"], "a batch was destroyed before it was claimed")
        need(gone <= claimed and released <= {key for key, _ in claimed}, "an object was not claimed")
        need({o for o in claimed if o[0] not in released} == gone, "an object was claimed and is not accounted for")
        at = [(p["n"], p["size"]) for p in c["statement"]["checked"] if moment(p["at"])]
        need((claim["n"], claim["leaf_index"]) in at, "the statement was not checked at a claim")
    recorded = [o for e in ends.values() for o in e["note"]["objects"]]
    once([(o["key"], o["version"]) for o in recorded], "an object was destroyed twice")
    once([(o["key"], o["version"]) for o in c["objects"]], "an object is listed twice")
    ledger = {(o["key"], o["version"]): (o["lock"], o["request_id"], moment(o["at"])) for o in recorded}
    told = {(o["key"], o["version"]): (o["lock"], o["request_id"], moment(o["destroyed_at"])) for o in c["objects"]}
    need(told == ledger, "the objects are not those that were destroyed")
    return sum(len(e["note"]["released"]) for e in ends.values())


def verified(c: dict, story: dict[str, list[dict]]) -> None:
    """Step 9: two rounds, the same as in the certificate, and nothing left in the last."""
    rounds, ended = story["verified"], max(e["n"] for e in story["destroyed"])
    need(len(rounds) >= 2 and all(e["n"] > ended for e in rounds), "there are not two rounds after the end")
    for a, b in pairwise(e["note"] for e in rounds):
        need(a["round"] < b["round"] and moment(a["at"]) <= moment(b["at"]), "the rounds are out of order")
    seen: dict[str, list] = {}
    for note in (e["note"] for e in rounds):
        for p in note["places"]:
            seen.setdefault(p["place"], []).append((moment(note["at"]), p["result"], p["checked"], p["detail"]))
    once([p["place"] for p in c["places"]], "a place is listed twice")
    told = {p["place"]: [(moment(r["at"]), r["result"], r["checked"], r["detail"]) for r in p["rounds"]]
            for p in c["places"]}  # fmt: skip
    need(told == seen, "the places are told otherwise")
    last = {p["place"]: p["result"] for p in rounds[-1]["note"]["places"]}
    need(last.keys() == seen.keys() and set(last.values()) <= {"gone", "not_verifiable"}, "a place was not shown empty")
    unseen = list(last.values()).count("not_verifiable")
    need("gone" in last.values(), "no place was shown to be empty")
    need(unseen <= sum(e["code"] == "not_verifiable" for e in c["exceptions"]), "an exception is not told")


def sums(c: dict, proposed: dict, released: int, stopped: list[dict]) -> None:
    """Steps 10 to 12."""
    rows, kinds = Counter(), Counter(o["class"] for o in c["objects"])
    for o in c["objects"]:
        need(all(type(o[k]) is int and o[k] >= 0 for k in ("rows", "size")), "a count is no count")
        rows[o["class"]] += o["rows"]
    size = sum(o["size"] for o in c["objects"])
    companions = sum(rows[name] for name in COMPANIONS)
    counted = {"records": rows["records"], "quarantined": rows["quarantine"], "media": kinds["media"],
               "imports": kinds["import"], "objects": len(c["objects"]), "bytes": size}  # fmt: skip
    said = sum(line.get("companions", 0) for line in c["lines"])
    need(said == companions, "the lines' companions are not those of the objects")
    for name, number in counted.items():
        need(sum(line[name] for line in c["lines"]) == number, f"the lines' {name} are not those of the objects")
        need(c["totals"].get(name, number) == number, f"the total of {name} is another")
    need({"records", "objects", "bytes"} <= c["totals"].keys(), "a total is missing")
    kept = [e for e in c["exceptions"] if e["code"] == "released"]
    need(sum(e["objects"] for e in kept) == released, "what was released is told otherwise")
    left = [e for e in c["exceptions"] if e["code"] == "not_carried_out"]
    told = [(e["objects"], e["records"]) for e in left]
    need(told == [(s["objects"], s["records"]) for s in stopped], "what was left when it was stopped is told otherwise")
    stays, kept_records = (sum(e[name] for e in [*kept, *left]) for name in ("objects", "records"))
    need(proposed["objects"] == len(c["objects"]) + stays, "another number of objects was proposed")
    need(proposed["records"] == rows["records"] + kept_records, "other records were proposed")
    need(proposed["bytes"] == size or (stays and proposed["bytes"] > size), "another volume was proposed")
    ranges = sorted(c["leaves"])
    need(all(0 <= first <= last for first, last in ranges), "a range of leaves is turned round")
    need(all(a[1] < b[0] for a, b in pairwise(ranges)), "ranges of leaves overlap")
    covered = sum(last - first + 1 for first, last in ranges)
    need(covered == rows["records"] + rows["quarantine"] + companions, "another number of leaves is covered")
    need(all(last < proposed["leaf_index"] for _, last in ranges), "a leaf is younger than the proposal")
    times = sorted(second(o["destroyed_at"]) for o in c["objects"])
    need([times[0], times[-1]] == [second(c["destroyed"]["from"]), second(c["destroyed"]["to"])], "other days")
    for line in c["lines"]:
        need(date.fromisoformat(line["eligible"]) <= (times[0] + timedelta(hours=14)).date(), "it was not yet eligible")


def check(body: bytes, note: str, pdf: bytes | None = None, vkey: str | None = None) -> dict:
    """The certificate if it holds; raises if not."""
    c = json.loads(body, object_pairs_hook=unique)
    size, root = signed(c, body, note, pdf, vkey or c["ledger"]["vkey"])
    story = entries(c, size, root)
    asked_for(c, story)
    released = carried_out(c, story)
    verified(c, story)
    proposal = story["proposed"][0]
    sums(c, proposal["note"] | {"leaf_index": proposal["leaf_index"]}, released,
         [step["note"] for step in story["blocked"]])
    return c


WRONG = (Bad, InvalidSignature, KeyError, ValueError, TypeError, AttributeError, IndexError)

if __name__ == "__main__":
    try:
        file = Path(sys.argv[1])
        pages, note = file.with_suffix(".pdf"), file.with_suffix(".note.txt").read_bytes().decode()
        pdf = pages.read_bytes() if pages.exists() else None
        c = check(file.read_bytes(), note, pdf, sys.argv[2] if len(sys.argv) > 2 else None)
    except WRONG as problem:
        sys.exit(f"The certificate does not hold: {problem or type(problem).__name__}")
    print(f"The certificate {c['number']} holds: {c['totals']['records']:,} records in {len(c['objects']):,} objects")
