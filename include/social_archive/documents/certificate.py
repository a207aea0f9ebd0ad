"""The certificate of destruction for people: what is gone, on whose authority, by whom, how, and how to check it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from social_archive.documents import typesetting
from social_archive.documents.figures import count, counted, span, time, volume

Certificate = dict[str, Any]

TEMPLATE: Final = "certificate.typ"
ANNEX: Final = 200
"""Up to so many objects are listed on paper; more than that only in the JSON."""

_RANGES: Final = 12
_TIMES: Final = {1: ("One", "once"), 2: ("Two", "twice"), 3: ("Three", "three times")}
_VIA: Final = {"cli": "command line", "airflow": "Airflow"}
_OUTCOMES: Final = {"approved": "approved", "amended": "approved as amended", "deferred": "deferred"}
_RESULTS: Final = {"gone": "gone", "pending": "not yet gone", "not_verifiable": "could not be verified"}
_TRIGGERS: Final = {
    "created": "creation", "withdrawn": "withdrawal from publication", "superseded": "the day it was superseded",
    "request_closed": "the close of the request",
}  # fmt: skip
_STEPS: Final = {
    "disposal.proposed": "proposed", "disposal.filed": "filed with the authority",
    "disposal.returned": "returned by the authority", "disposal.approved": "approved",
    "disposal.verified": "verified",
}  # fmt: skip


def pdf(certificate: Certificate, encoded: bytes) -> bytes:
    """The pages of a certificate whose file is `encoded`. Dated by the last verification, so they repeat."""
    at = datetime.fromisoformat(_verified(certificate))
    return typesetting.pdf(TEMPLATE, content(certificate, hashlib.sha256(encoded).hexdigest()), at=at)


def _verified(c: Certificate) -> str:
    """When the last place was looked at for the last time."""
    looks = (look["at"] for place in c["places"] for look in place["rounds"])
    return str(max(looks, key=datetime.fromisoformat))


def content(c: Certificate, sha256: str) -> dict[str, Any]:
    """What stands on the pages, in the words in which it stands there."""
    body = c["body"]
    return {
        "title": f"Certificate of destruction {c['number']}",
        "number": c["number"],
        "verified": time(_verified(c)),
        "body": body["name"],
        "where": ", ".join(part for part in (body.get("address"), _county(body.get("county"))) if part),
        "summary": _summary(c),
        "figures": _figures(c),
        "lines": [_line(line) for line in c["lines"]],
        "authority": _authority(c),
        "people": _people(c["people"]),
        "method": c["method"],
        "places": [_place(place) for place in c["places"]],
        "statement": c["statement"]["text"],
        "checked": [
            [time(p["at"], seconds=True), f"after {count(p['n'])} entries, {count(p['size'])} leaves"]
            for p in c["statement"]["checked"][:_RANGES]
        ],
        "checked_more": max(0, len(c["statement"]["checked"]) - _RANGES),
        "holds_active": _holds(c["statement"]["holds_active"]),
        "exceptions": [[e["sentence"], count(e["objects"]), count(e["records"])] for e in c["exceptions"]],
        "steps": _steps(c["evidence"]),
        "ledger": _ledger(c),
        "sha256": sha256,
        "folders": _annex(c["objects"]) if len(c["objects"]) <= ANNEX else [],
        "objects_total": count(len(c["objects"])),
    }  # fmt: skip


def _summary(c: Certificate) -> str:
    totals, kept = c["totals"], sum(e["objects"] for e in c["exceptions"] if e["code"] == "released")
    begin, end = time(c["destroyed"]["from"]), time(c["destroyed"]["to"])
    when = f"on {begin}" if begin == end else f"between {begin} and {end}"
    looks, approved = min(len(place["rounds"]) for place in c["places"]), len(c["people"]["approved"])
    text = (
        f"{c['body']['name']} destroyed {_things(c)} in "
        f"{counted(totals['objects'], 'stored object')} ({volume(totals['bytes'])}) {when} UTC. "
        f"{_TIMES.get(approved, (count(approved),))[0]} people had approved it. Afterwards each place where a copy "
        f"could be was looked through {_TIMES.get(looks, ('', f'{looks} times'))[1]}."
    )
    if kept:
        text += f" {counted(kept, 'object')} of those proposed {'was' if kept == 1 else 'were'} kept."
    return text


def _things(c: Certificate) -> str:
    """What was destroyed, in words. Requests for records have papers, no rows."""
    papers, records = _papers(c), c["totals"]["records"]
    said = [counted(records, "record")] if records or not papers else []
    return " and ".join([*said, *([counted(papers, "paper of requests", "papers of requests")] if papers else [])])


def _papers(c: Certificate) -> int:
    return sum(o["class"] in ("request", "bundle") for o in c["objects"])


def _figures(c: Certificate) -> list[list[str]]:
    quarantined = sum(line["quarantined"] for line in c["lines"])
    rows = [
        [count(c["totals"]["records"]), "records"],
        [count(sum(line["media"] for line in c["lines"])), "media files"],
        [volume(c["totals"]["bytes"]), f"in {counted(c['totals']['objects'], 'object')}"],
        [time(c["destroyed"]["to"])[:10], "destroyed"],
        [count(len(c["exceptions"])) if c["exceptions"] else "no", "exception" + "s" * (len(c["exceptions"]) != 1)],
    ]
    companions = sum(line.get("companions", 0) for line in c["lines"])
    more = [(quarantined, "quarantined items"), (companions, "findings and decisions"),
            (_papers(c), "papers of requests")]  # fmt: skip
    return rows[:1] + [[count(number), what] for number, what in more if number] + rows[1:]


def _line(line: dict[str, Any]) -> dict[str, Any]:
    others = [counted(line[name], one, many) for name, one, many in
              (("media", "media file", ""), ("quarantined", "quarantined item", ""), ("imports", "import", ""),
               ("companions", "finding or decision", "findings or decisions"))
              if line.get(name)]  # fmt: skip
    trigger = str(line.get("trigger") or "")
    kept = ", from ".join(part for part in (line.get("period"), _TRIGGERS.get(trigger, trigger)) if part)
    return {
        "item": line["item"],
        "title": line["title"],
        "basis": " · ".join(part for part in (f"series {line['series']}", f"kept {kept}" if kept else "",
                                              line.get("citation")) if part),
        "dates": [line.get("earliest") or "no date", line.get("latest") or ""],
        "cutoff": span(line.get("cutoff_first"), line.get("cutoff_last")),
        "eligible": line["eligible"],
        "records": count(line["records"]),
        "others": others,
        "volume": volume(line["bytes"]),
        "objects": counted(line["objects"], "object"),
        "format": line.get("format") or "",
    }  # fmt: skip


def _authority(c: Certificate) -> list[list[str]]:
    a, returned = c["authority"], c["authority"]["returned"]
    answer = "none was needed" if not a["required"] else "none"
    if returned:
        answer = f"{_OUTCOMES.get(returned['outcome'], returned['outcome'])} on {returned['on']}"
        answer += f", reference {returned['reference']}" if returned["reference"] else ""
    rows = [
        ["authority", a["name"]],
        ["application", a["application_number"] or "none"],
        ["under", a["citation"] or ""],
        ["disposal certificate filed", a["filed"] or "not filed"],
        ["its answer", answer],
        ["retention schedule", f"version {c['schedule']['version']}"],
    ]
    return [row for row in rows if row[1]]


def _people(people: dict[str, Any]) -> list[list[str]]:
    approved = sorted(people["approved"], key=lambda one: one["place"])
    rows = [["proposed by", people["proposed"]]]
    rows += [[f"{('first', 'second')[one['place'] - 1]} approval by", one] for one in approved]
    shown = [[role, _person(one), time(one["at"]), _VIA.get(one["via"], one["via"])] for role, one in rows]
    executed = people["executed"]
    who = "a scheduled run" if executed["by"] == "schedule" else executed["by"]
    return [*shown, ["carried out by", who, time(executed["at"]), executed["software"]]]


def _person(one: dict[str, Any]) -> str:
    name = ", ".join(part for part in (one.get("name"), one.get("title")) if part)
    return f"{name} ({one['by']})" if name else str(one["by"])


def _place(place: dict[str, Any]) -> dict[str, Any]:
    rounds = [
        [time(look["at"]), _RESULTS.get(look["result"], look["result"]), _checked(look["checked"]),
         "" if look["detail"] is None else str(look["detail"])]
        for look in place["rounds"]
    ]  # fmt: skip
    last = place["rounds"][-1]["result"] if place["rounds"] else ""
    return {"title": place["title"], "rounds": rounds, "gone": last == "gone"}


def _checked(checked: Any) -> str:
    if checked is None or isinstance(checked, bool):
        return "–"
    return count(checked) if isinstance(checked, int) else str(checked)


def _county(county: str | None) -> str:
    return f"county: {county}" if county else ""


def _holds(active: int) -> str:
    if active == 0:
        return "No hold was in force at that time."
    there = f"{counted(active, 'hold')} {'was' if active == 1 else 'were'} in force at that time"
    return f"{there}, on other records."


def _steps(evidence: list[dict[str, Any]]) -> list[list[str]]:
    """The entries one by one; claims and ends of batches, of which there may be many, on one line."""
    steps = [[_STEPS[e["what"]], f"entry {e['n']}", f"leaf {count(e['leaf_index'])}"]
             for e in evidence if e["what"] in _STEPS]  # fmt: skip
    batches = [e for e in evidence if e["what"] in ("disposal.claimed", "disposal.destroyed")]
    if batches:
        claims = sum(e["what"] == "disposal.claimed" for e in batches)
        between = [f"claimed and destroyed in {counted(claims, 'batch', 'batches')}",
                   f"entries {batches[0]['n']} to {batches[-1]['n']}",
                   f"leaves {count(batches[0]['leaf_index'])} to {count(batches[-1]['leaf_index'])}"]  # fmt: skip
        at = next((i for i, step in enumerate(steps) if step[0] == "verified"), len(steps))
        steps.insert(at, between)
    return steps


def _ledger(c: Certificate) -> dict[str, str]:
    ledger, ranges = c["ledger"], c["leaves"]
    shown = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in ranges[:_RANGES])
    more = f" and {len(ranges) - _RANGES:,} more ranges" if len(ranges) > _RANGES else ""
    return {
        "origin": ledger["origin"], "size": count(ledger["size"]), "root": ledger["root"], "vkey": ledger["vkey"],
        "plan": c["plan"], "schedule": c["schedule"]["sha256"], "disposal": c["disposal"], "leaves": shown + more,
    }  # fmt: skip


def _annex(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The objects by folder, numbered through."""
    ordered = sorted(objects, key=lambda o: (o["key"].rpartition("/")[0], o["destroyed_at"], o["key"]))
    folders = groupby(enumerate(ordered, 1), key=lambda numbered: numbered[1]["key"].rpartition("/")[0])
    return [{"folder": f"{folder}/", "objects": [_object(i, o) for i, o in inside]} for folder, inside in folders]


def _object(number: int, o: dict[str, Any]) -> dict[str, str]:
    lock = o["lock"]
    held = " and legal hold" if lock["hold"] else ""
    return {
        "number": count(number), "name": o["key"].rpartition("/")[2], "version": o["version"], "sha256": o["sha256"],
        "class": o["class"], "rows": count(o["rows"]), "size": count(o["size"]),
        "at": time(o["destroyed_at"], seconds=True),
        "lock": f"{lock['mode'].lower()} to {time(lock['until'])[:10]}{held}" if lock["mode"] else f"none{held}",
    }  # fmt: skip
