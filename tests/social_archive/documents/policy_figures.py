"""Figures of a policy report, all invented, each field of which a test can replace."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

MADE: Final = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


def figures(**other: Any) -> dict[str, Any]:
    """What `policy.report.figures` gives for a library that had a lively November."""
    clauses = (
        ("obscene-defamatory-invasive-disparaging", "Content that is obscene, defamatory, or invades privacy", 19, 17),
        ("private-information", "Private or personal information", 14, 12),
        ("advertising", "Advertisements or sale of merchandise or services", 31, 18),
        ("solicitation-campaigning", "Charitable solicitations or political campaigning", 9, 9),
    )
    found = [
        ("advertising", "Advertising or sale", 31, 9, 17, 8), ("obscene", "Profane or sexual words", 12, 3, 9, 4),
        ("personal-information", "Personal information", 14, 11, 4, 0), ("threat", "Words of a threat", 7, 1, 2, 4),
        ("campaigning", "Fundraising or campaigning", 9, 2, 6, 2),
        ("foia-request", "Possible FOIA request", 3, 1, 2, 0),
    ]  # fmt: skip
    decisions: dict[str, dict[str, int]] = {"private-information": {"violation": 3, "no_violation": 6},
                 "advertising": {"violation": 12, "no_violation": 9, "counsel": 1},
                 "obscene-defamatory-invasive-disparaging": {"no_violation": 14, "counsel": 2}}  # fmt: skip
    removals: dict[str, dict[str, int]] = {"private-information": {"matched": 2},
                "advertising": {"matched": 8, "explained": 1, "unmatched": 4}}  # fmt: skip
    rules: dict[str, list[dict[str, Any]]] = {
        "advertising": [{"rule": "ads.price", "records": 22, "removed": 9, "left_up": 13}]
    }
    rows = {
        "format": "social-records-archive/policy-report/v1",
        "body": "Larkspur Public Library (invented)",
        "period": {"from": "2026-11-01", "to": "2026-11-30", "time_zone": "America/Chicago"},
        "ledger": {"entries": 1841, "root": "9f" * 32, "time": "2026-12-01T06:00:12Z"},
        "rules": {"title": "Social Media Policy", "version": "3", "digest": "3c" * 32,
                  "active": [name for name, *_ in found], "off": ["off-topic"]},
        "volumes": {
            "weeks": [{"from": f"2026-11-{day:02}", "post": p, "comment": c, "reply": r}
                      for day, p, c, r in ((1, 2, 31, 9), (2, 11, 204, 61), (9, 9, 188, 44), (16, 14, 402, 131),
                                           (23, 8, 160, 38), (30, 2, 17, 3))],
            "platforms": [{"platform": name, "post": p, "comment": c, "reply": r}
                          for name, p, c, r in (("bluesky", 9, 61, 34), ("facebook", 18, 604, 141),
                                                ("instagram", 12, 211, 77), ("mastodon", 5, 14, 12),
                                                ("youtube", 2, 112, 22))],
            "totals": {"post": 46, "comment": 1002, "reply": 286},
        },
        "pointed": 71,
        "findings": [{"criterion": name, "title": title, "records": n, "strong": s, "moderate": m, "weak": w}
                     for name, title, n, s, m, w in found],
        "decisions": {"total": 47, "verdicts": {"no_violation": 29, "violation": 15, "counsel": 3},
                      "violations": {"advertising": 12, "private-information": 3}},
        "timing": {"timed": 47, "median_days": 1.2, "p90_days": 6.4, "waiting": 12, "oldest_waiting_days": 19.5,
                   "decided_by_age": {"the same day": 18, "1 to 3 days": 15, "3 to 7 days": 10, "7 to 14 days": 3,
                                      "longer": 1},
                   "waiting_by_age": {"the same day": 4, "1 to 3 days": 4, "3 to 7 days": 2, "7 to 14 days": 1,
                                      "longer": 1}},
        "moderation": {"events": 29, "back": 2, "unmatched": 7, "unmatched_before": 3, "causes": {
            "us": {"matched": 10, "explained": 1, "unmatched": 4}, "author_or_platform": {"not_ours": 8},
            "unknown": {"unmatched": 3, "with_thread": 3}}},
        "consistency": [
            {"clause": clause, "text": text, "findings": n + 2, "records": n, "left_up": up,
             "decisions": decisions.get(clause, {}), "removals": removals.get(clause, {}),
             "rules": rules.get(clause, [])}
            for clause, text, n, up in clauses
        ],
        "notices": [{"account": "facebook/larkspur", "result": "in_profile", "checked": "2026-11-30T07:00:00Z"},
                    {"account": "bluesky/larkspur", "result": "by_link", "checked": "2026-11-30T07:00:00Z"},
                    {"account": "youtube/larkspur", "result": "partial", "checked": "2026-11-30T07:00:00Z"}],
        "requests": 3,
        "gaps": [{"account": "facebook/larkspur", "reason": "login_expired", "from": "2026-11-12T08:00:00Z",
                  "to": "2026-11-14T15:10:00Z", "closed": True, "threads": 0},
                 {"account": "mastodon/larkspur", "reason": "thread_limit", "from": None, "to": None, "closed": False,
                  "threads": 2}],
    }  # fmt: skip
    return {**rows, **other}
