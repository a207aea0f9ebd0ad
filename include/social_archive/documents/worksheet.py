"""The worksheet of a proposed disposal: all that the authority's form asks for, to be copied onto that form.

It is not the form. What the law says of filing comes in as data (`authority`), with its citation; nothing of it stands
here. A worksheet (format `social-records-archive/worksheet/v1`)::

    {format, disposal, plan, proposed_date,
     body: {name, county, address, phone, email},
     authority: {name, application_number, citation, file_days_before, sentence},
     prepared: {by, at},
     lines: [{item, series, title, inclusive_from, inclusive_to, records, objects, bytes, format, period, citation,
              cutoff_first, cutoff_last, eligible}],
     excluded: [{what, records, reason}],
     totals: {records, objects, bytes}}

Days are `yyyy-mm-dd`, times ISO 8601. What is unknown may be null or missing; the paper then leaves room to write.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from social_archive.documents import typesetting
from social_archive.documents.figures import count, counted, span, time, volume

Worksheet = dict[str, Any]

FORMAT: Final = "social-records-archive/worksheet/v1"
TEMPLATE: Final = "worksheet.typ"


def pdf(worksheet: Worksheet) -> bytes:
    """The worksheet as PDF/A. Dated by when it was prepared, so it repeats."""
    at = datetime.fromisoformat(worksheet["prepared"]["at"]).astimezone(UTC)
    return typesetting.pdf(TEMPLATE, content(worksheet), at=at)


def content(w: Worksheet) -> dict[str, Any]:
    """What stands on the pages, in the words in which it stands there."""
    body, authority = w["body"], w["authority"]
    return {
        "title": f"Disposal worksheet {w['disposal']}",
        "disposal": w["disposal"],
        "authority": authority["name"],
        "notice": authority.get("sentence") or "",
        "citation": authority.get("citation") or "",
        "filing": _filing(w),
        "fields": [
            ["application number", authority.get("application_number") or ""],
            ["county", body.get("county") or ""],
            ["from", body.get("name") or ""],
            ["address", body.get("address") or ""],
            ["telephone", body.get("phone") or ""],
            ["e-mail", body.get("email") or ""],
        ],
        "prepared": f"{w['prepared']['by']}, {time(w['prepared']['at'])} UTC",
        "proposed_date": w["proposed_date"],
        "lines": [_line(line, w["proposed_date"]) for line in w["lines"]],
        "totals": [count(w["totals"]["records"]), counted(w["totals"]["objects"], "object"),
                   volume(w["totals"]["bytes"])],
        "excluded": [[e["what"], e["reason"], count(e["records"])] for e in w["excluded"]],
        "plan": w["plan"],
    }  # fmt: skip


def _filing(w: Worksheet) -> str:
    """By when the form must be with the authority, if its law says how long before."""
    days = w["authority"].get("file_days_before")
    if days is None:
        return ""
    latest = date.fromisoformat(w["proposed_date"]) - timedelta(days=days)
    if days == 0:
        return f"Disposal is proposed for {w['proposed_date']}; the form is to be filed before."
    return (
        f"Disposal is proposed for {w['proposed_date']}: the form must be filed by {latest.isoformat()}, "
        f"at least {counted(days, 'day')} before."
    )


def _line(line: dict[str, Any], proposed_date: str) -> dict[str, Any]:
    return {
        "item": line["item"],
        "title": line["title"],
        "basis": " · ".join(part for part in (f"series {line['series']}",
                                              f"kept {line['period']}" if line.get("period") else "",
                                              line.get("citation")) if part),
        "dates": [line.get("inclusive_from") or "no date", line.get("inclusive_to") or ""],
        "cutoff": f"cut-off {span(line.get('cutoff_first'), line.get('cutoff_last'))}",
        "eligible": line["eligible"],
        "volume": volume(line["bytes"]),
        "records": counted(line["records"], "record"),
        "objects": counted(line["objects"], "object"),
        "format": line.get("format") or "",
        "disposal_date": proposed_date,
    }  # fmt: skip
