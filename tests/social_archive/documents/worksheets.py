"""A worksheet of an invented proposal, for tests that need no archive."""

from __future__ import annotations

from typing import Any

from social_archive.documents.worksheet import FORMAT


def line(item: str = "102", **other: Any) -> dict[str, Any]:
    return {
        "item": item, "series": "children-programs", "title": "Children's programs, postings and comments",
        "inclusive_from": "2028-01-02", "inclusive_to": "2028-02-28", "records": 19, "objects": 5, "bytes": 209_970,
        "format": "Apache Parquet", "period": "1 year", "citation": "Larkspur schedule 00:000, item 102 (invented)",
        "cutoff_first": "2028-01", "cutoff_last": "2028-02", "eligible": "2029-03-01", **other,
    }  # fmt: skip


def worksheet(**other: Any) -> dict[str, Any]:
    """Two items that are due, two exclusions, a telephone that is not known."""
    lines = [
        line(),
        line("104", series="public-comments", title="Comments and replies by the public", records=12_411, objects=40,
             bytes=1_534_209_970),
    ]  # fmt: skip
    return {
        "format": FORMAT, "disposal": "d7c1f0a4e2b94c55", "plan": "ab" * 32, "proposed_date": "2031-03-01",
        "body": {"name": "Larkspur Public Library", "county": "Larkspur (invented)",
                 "address": "1 Example Lane, Larkspur", "phone": None, "email": "records@larkspur.example"},
        "authority": {
            "name": "Larkspur Records Commission (invented)", "application_number": "00:000",
            "citation": "Larkspur Administrative Code, part 40, section 3 (invented)", "file_days_before": 30,
            "sentence": "The official form is the Commission's own (invented sentence).",
        },
        "prepared": {"by": "Mei Castellanos (invented)", "at": "2031-01-15T16:20:00Z"},
        "lines": lines,
        "excluded": [
            {"what": "Item 102, cut-off 2028-01", "records": 2, "reason": "held: matter 2030-07"},
            {"what": "Item 104", "records": 140, "reason": "an open records request matches them"},
        ],
        "totals": {"records": 12_430, "objects": 45, "bytes": 1_534_419_940},
        **other,
    }  # fmt: skip
