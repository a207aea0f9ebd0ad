"""The tour's answer to a request for records: from the day it comes in to a bundle that a stranger checks."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.tour import Tour

_PERSON: Final = "odell"
_REMARKS: Final = (
    (_PERSON, "The parking lot floods whenever it rains. Call me: (630) 555-0142 (invented)"),
    ("fennick", "Is the parking lot open on Sundays?"),
    ("odell", "My car was towed from the parking lot, my wife is ill and could not walk (invented)"),
)  # fmt: skip
"""What people write under a post (invented). The first two lead to the same person in different ways."""
_ASKED: Final = "All posts and comments about the parking lot, for resale in a market report (invented)."


def request_clock(t: Tour) -> str:
    """**A request comes in.** It is received, numbered, and its clock starts: business days by the law's own calendar,
    with the earlier date shown where a holiday is disputed. It is for a commercial purpose, so another period holds."""
    under = t.mastodon.role("editable_comment")
    told = [t.mastodon.reply(under, who, text)["id"] for who, text in _REMARKS]
    told.append(t.mastodon.reply(told[0], "fennick", f"@{_PERSON} is right about the parking lot")["id"])
    t.remembered["remarks"] = told
    t.harvest()
    t.command("policy", "check", show=False)
    t.command("foia", "receive", "--text", _ASKED, "--name", "Verity Marsh (invented)", "--organisation",
              "Lots & Data (invented)", "--how", "mail", "--by", "records")  # fmt: skip
    (open_one,) = [one for one in t.asked("foia", "list")["requests"] if one["status"] == "open"]
    number = t.remembered["number"] = open_one["number"]
    ordinary = t.asked("foia", "show", number)["clock"]["safe"]
    t.command("foia", "classify", number, "commercial", "--by", "records", "--reason", "It is for resale (invented)")
    t.command("foia", "show", number)
    commercial = t.asked("foia", "show", number)["clock"]["safe"]
    assert commercial > ordinary
    t.command("foia", "letter", number, "acknowledgement", "--by", "records", "--enter", "-o",
              str(_folder(t) / "acknowledgement.pdf"))  # fmt: skip
    return f"ordinary by {ordinary}, commercial by {commercial}"


def freeze_search(t: Tour) -> str:
    """**The search is frozen.** Every version of every record is searched, hidden and deleted ones too. What was found
    is written down at one place of the ledger, with the spans in which the archive could not see, and is held."""
    number = t.remembered["number"]
    t.command("foia", "search", number, "--words", '"parking lot"', "--preview")
    t.command("foia", "search", number, "--words", '"parking lot"', "--by", "records")
    found = t.asked("foia", "review", number)
    hits, gaps = found["totals"]["hits"], t.asked("foia", "search", number, "--words", '"parking lot"', "--preview")
    assert hits >= len(_REMARKS) + 1
    assert gaps["gaps"], "the dead login of before overlaps this search"
    t.remembered["hits"] = hits
    return f"{hits} records found and held, {len(gaps['gaps'])} gaps named"


def redact(t: Tour) -> str:
    """**Every hit is decided.** What the checks see is suggested and decides nothing. A telephone number is taken out
    wherever it stands, one person out of everything that leads there, one comment is withheld. A second person looks
    at the whole; the originals are untouched."""
    number = t.remembered["number"]
    place = {one["rid"]: one["hit"] for one in t.asked("foia", "review", number, "--limit", "200")["items"]}
    rids = [_rid(t, native) for native in t.remembered["remarks"]]
    t.command("foia", "suggest", number)
    t.command("foia", "redact", number, "--kind", "phone", "--by", "records")
    t.command("foia", "redact", number, "--person", "--hit", str(place[rids[0]]), "--code", "LOR 4(a)", "--by",
              "records")  # fmt: skip
    t.command("foia", "withhold", number, str(place[rids[2]]), "--code", "LOR 4(c)", "--basis",
              "It tells of an illness in the family (invented).", "--by", "records")  # fmt: skip
    t.command("foia", "release", number, "--rest", "--by", "records")
    t.command("foia", "undo", number, "--by", "records", show=False)
    t.command("foia", "redo", number, "--by", "records", show=False)
    t.command("foia", "review", number, "--hit", str(place[rids[0]]))
    state = t.asked("foia", "review", number)["state"]
    t.command("foia", "confirm", number, "--state", state, "--by", "records", code=1)
    t.command("foia", "confirm", number, "--state", state, "--by", "director")
    totals = t.asked("foia", "review", number)["totals"]
    assert totals["undecided"] == 0
    assert sum(totals[name] for name in ("released", "redacted", "withheld", "disposed")) == totals["hits"]
    t.remembered["totals"] = totals
    return f"{totals['released']} released, {totals['redacted']} with words removed, {totals['withheld']} withheld"


def bundle(t: Tour) -> str:
    """**The bundle.** Letter, records, logs, native data and proofs in one file. Another person lets it go out, and
    only then is it delivered."""
    number = t.remembered["number"]
    t.command("foia", "letter", number, "--by", "records", "--enter", "-o", str(_folder(t) / "answer.pdf"))
    t.command("foia", "bundle", number, "--by", "records", "--load-files")
    t.command("foia", "deliver", number, "--folder", str(_folder(t)), "--by", "records", code=1)
    t.command("foia", "approve", number, "--by", "director")
    t.command("foia", "deliver", number, "--folder", str(_folder(t)), "--by", "records")
    path = _bundle(t)
    again = t.asked("foia", "bundle", number, "--by", "records", "--load-files")
    assert again["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest(), "built again, it is the same file"
    with zipfile.ZipFile(path) as bag:
        files = len(bag.namelist())
        spoken = b"".join(bag.read(name) for name in bag.namelist() if not name.endswith((".pdf", ".xlsx")))
    assert b"555-0142" not in spoken
    assert b"Odell" not in spoken
    return f"{files} files, {path.stat().st_size / 1_000_000:.1f} MB, built twice to the same bytes"


def verify_bundle(t: Tour) -> str:
    """**A stranger checks it.** One page of Python that lies beside it, no network, no archive, none of our code: is it
    whole, is it signed, is every record proven, and is none of the hits left out?"""
    verdict = _check(t, _bundle(t), 0)
    t.console.print("\n".join(f"  {line}" for line in verdict.splitlines()), markup=False, highlight=False)
    assert str(t.remembered["hits"]) in verdict
    unpacked = _unpacked(t, "unpacked")
    import bagit

    bagit.Bag(str(unpacked)).validate()
    _check(t, unpacked, 0)
    return f"whole and unaltered; {t.remembered['hits']} hits, none missing"


def mutation_is_caught(t: Tour) -> str:
    """**An altered one is caught.** A bit is changed in each of its files, one after the other. Then a word is changed
    and every checksum made anew, as somebody would who wants it to look right; and a record is left out the same way.
    """
    caught = 0
    whole = _unpacked(t, "mutated")
    for path in sorted(one for one in whole.rglob("*") if one.is_file()):
        body = path.read_bytes()
        path.write_bytes(body[: len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1 :])
        _check(t, whole, 3)
        path.write_bytes(body)
        caught += 1
    records = whole / "data" / "proofs" / "records.jsonl"
    records.write_bytes(records.read_bytes().replace(b"Sundays", b"Mondays"))
    _with_new_checksums(whole)
    t.console.print(_check(t, whole, 3), markup=False, highlight=False)
    whole = _unpacked(t, "shortened")
    told = whole / "data" / "proofs" / "reconciliation.json"
    shorter = json.loads(told.read_bytes())
    shorter["items"].pop()
    shorter["hits"] -= 1
    told.write_text(json.dumps(shorter))
    _with_new_checksums(whole)
    t.console.print(_check(t, whole, 3), markup=False, highlight=False)
    return f"{caught} files, each with one bit changed, and two forgeries: all caught"


def denial_index(t: Tour) -> str:
    """**What was denied is on file.** Each denial and partial denial, by exemption and by type of record, open to
    everybody and without a requester's name. The request is closed: its hold ends, and its own retention begins."""
    number = t.remembered["number"]
    t.command("foia", "denials")
    rows = t.asked("foia", "denials")
    assert "Marsh" not in json.dumps(rows)
    t.command("foia", "close", number, "--reason", "answered", "--by", "records")
    t.command("foia", "list")
    shown = t.asked("foia", "show", number)
    assert shown["status"] == "closed"
    count = len(rows["denials"])
    assert count
    return f"{count} entries, request {number} closed"


# --------------------------------------------------------------------------- helpers


def _folder(t: Tour) -> Path:
    folder: Path = t.archive.state / "answers"
    folder.mkdir(exist_ok=True)
    return folder


def _bundle(t: Tour) -> Path:
    (path,) = _folder(t).glob("*/*.zip")
    return path


def _unpacked(t: Tour, name: str) -> Path:
    folder = t.archive.state / name
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(_bundle(t)) as bag:
        bag.extractall(folder)
    (inside,) = folder.iterdir()
    return inside


def _check(t: Tour, what: Path, code: int) -> str:
    """What `verify.py` says, run as a stranger would: alone, from where it lies."""
    script = _bundle(t).with_name("verify.py")
    done = subprocess.run([sys.executable, "-I", str(script), str(what)], capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def _with_new_checksums(bag: Path) -> None:
    """Every manifest made anew: what somebody can do who has the bundle, but not the ledger's key."""
    for kind in ("sha256", "sha512"):
        for prefix in ("", "tag"):
            manifest = bag / f"{prefix}manifest-{kind}.txt"
            names = [line.split(maxsplit=1)[1] for line in manifest.read_text().splitlines()]
            lines = [f"{hashlib.new(kind, (bag / name).read_bytes()).hexdigest()}  {name}" for name in names]
            manifest.write_text("\n".join(lines) + "\n")


def _rid(t: Tour, native: str) -> str:
    t.archive.catalog.catch_up()
    known: dict[str, Any] = {}
    for account in t.archive.agency.enabled_accounts():
        known |= t.archive.catalog.latest(account.platform, account.name, [native])
    return str(known[native].rid)


STEPS: tuple[Any, ...] = (
    request_clock, freeze_search, redact, bundle, verify_bundle, mutation_is_caught, denial_index,
)  # fmt: skip
