"""The policy report for people, as PDF and as one page of HTML: the same words, tables and plots in both.

What it is made of are the figures of `policy/report.py`. Dated by when it is made, which is a parameter: the same
figures and time give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from social_archive.coverage_claim import in_words
from social_archive.documents import plots, typesetting
from social_archive.documents.figures import counted, time
from social_archive.documents.plots import Part, Plot
from social_archive.policy.report import AGES

Figures = dict[str, Any]
Section = dict[str, Any]

TEMPLATE: Final = "policy_report.typ"
LEAD: Final = (
    "Findings are no verdicts. A program points at words that a clause of the comment policy may be about; whether a "
    "comment violates the policy, a person decides, after looking at it in its thread. Nothing here hides or removes "
    "anything, and nothing here changes how long a record is kept, whether it is found, or whether it is disclosed."
)
HOW: Final = (
    "All figures are counts of the whole archive. Nobody is named and nothing is quoted. One record may have several "
    "findings and fall under several clauses, so columns need not add up."
)
_KINDS: Final = (("post", "posts", plots.BLUE), ("comment", "comments", plots.GREEN), ("reply", "replies", plots.LIGHT))
_STRENGTHS: Final = (("strong", plots.GREEN), ("moderate", plots.MIDDLE), ("weak", plots.LIGHT))
_VERDICTS: Final = {"no_violation": "no violation", "violation": "violation", "counsel": "referred to counsel"}
_CAUSES: Final = {"us": "the account's people or settings", "author_or_platform": "the author or the platform",
                  "unknown": "not known"}  # fmt: skip
_STATUSES: Final = (
    ("matched", "decided before", plots.GREEN), ("explained", "explained afterwards", plots.MIDDLE),
    ("unmatched", "nobody decided", plots.AMBER), ("other", "not ours to decide", plots.GREY),
)  # fmt: skip
_RESULTS: Final = {"in_profile": "in the profile", "by_link": "by a link", "partial": "in part", "absent": "absent",
                   "unreadable": "could not be read"}  # fmt: skip


def pdf(shown: dict[str, Any], *, made: datetime) -> bytes:
    """The report as PDF/A, dated `made`, from its `content`."""
    return typesetting.pdf(TEMPLATE, shown, at=made)


def content(f: Figures, *, made: datetime) -> dict[str, Any]:
    """What stands in the report, in the words in which it stands there, for both forms of it.

    A section: `{title, says: [sentence], plot: {svg, alt} or null, table: {head, rows} or null, note}`. Numbers of a
    table stand right; its first column is text.
    """
    return {
        "title": f"Comment policy report, {period(f)}",
        "body": f["body"],
        "period": period(f),
        "zone": f["period"]["time_zone"],
        "made": time(made.isoformat()),
        "lead": LEAD,
        "how": HOW,
        "figures": _headline(f),
        "sections": [section for section in _sections(f) if section is not None],
        "foot": _foot(f),
    }


def period(f: Figures) -> str:
    """November 2026, or two days."""
    first, last = (date.fromisoformat(f["period"][end]) for end in ("from", "to"))
    is_month = f"{first:%Y-%m}" == f"{last:%Y-%m}" and first.day == 1 and (last + timedelta(days=1)).day == 1
    return f"{first:%B %Y}" if is_month else f"{first.isoformat()} to {last.isoformat()}"


def _headline(f: Figures) -> list[list[str]]:
    totals, timing = f["volumes"]["totals"], f["timing"]
    return [
        [_n(totals["comment"] + totals["reply"]), "comments and replies"],
        [_n(f["pointed"]), "records pointed at"],
        [_n(f["decisions"]["total"]), "decisions by people"],
        [_n(timing["waiting"]), "records waiting for a decision"],
        [_n(f["moderation"]["unmatched"]), "removals that nobody decided"],
    ]


def _sections(f: Figures) -> Iterator[Section | None]:
    yield _posted(f["volumes"])
    yield _found(f)
    yield _decided(f)
    yield _took(f["timing"])
    yield _removed(f["moderation"])
    yield _evenly(f["consistency"])
    yield _notices(f["notices"])
    yield _requests(f["requests"])
    yield _gaps(f["gaps"])
    yield _rules(f["rules"])


def _section(
    title: str, *says: str, plot: Plot | None = None, head: Sequence[str] = (), rows: Sequence[Sequence[str]] = (),
    note: str = "", words: int = 1,
) -> Section:  # fmt: skip
    """`words`: how many of a table's columns, from the left, are words and not numbers."""
    return {
        "title": title, "says": list(says), "plot": {"svg": plot.svg, "alt": plot.alt} if plot else None,
        "table": {"head": list(head), "rows": [list(row) for row in rows], "words": words} if rows else None,
        "note": note,
    }  # fmt: skip


# --------------------------------------------------------------------------- section by section


def _posted(v: dict[str, Any]) -> Section:
    totals = v["totals"]
    if not any(totals.values()):
        return _section("What was posted", "Nothing of this period is in the archive.")
    weeks = [f"{date.fromisoformat(week['from']):%b} {date.fromisoformat(week['from']).day}" for week in v["weeks"]]
    drawn = plots.volumes(
        weeks, [Part(name, colour, [week[kind] for week in v["weeks"]]) for kind, name, colour in _KINDS],
        [row["platform"] for row in v["platforms"]],
        [Part(name, colour, [row[kind] for row in v["platforms"]]) for kind, name, colour in _KINDS],
    )  # fmt: skip
    said = (
        f"{counted(totals['post'], 'post')}, {counted(totals['comment'], 'comment')} and "
        f"{counted(totals['reply'], 'reply', 'replies')} of this period are in the archive, each counted once, however "
        "often it was changed. A week is named by its first day."
    )
    return _section("What was posted", said, plot=drawn)


def _found(f: Figures) -> Section:
    rows = sorted(f["findings"], key=lambda row: (-sum(row[name] for name, _ in _STRENGTHS), row["criterion"]))
    if not rows:
        return _section("What the checks pointed at", "The checks pointed at nothing.")
    drawn = plots.stacked(
        [row["title"] for row in rows],
        [Part(name, colour, [row[name] for row in rows]) for name, colour in _STRENGTHS],
        what="Findings by criterion and strength of the evidence",
    )
    said = "Findings by criterion, and how strong the evidence is that the thing pointed at is what the rule looks for."
    return _section("What the checks pointed at", said, plot=drawn,
                    note="Strength says how sure the evidence is, never how bad a comment is.")  # fmt: skip


def _decided(f: Figures) -> Section:
    d = f["decisions"]
    if not d["total"]:
        return _section("What people decided", "Nothing was decided in this period.")
    verdicts = ", ".join(f"{d['verdicts'].get(name, 0):,} {said}" for name, said in _VERDICTS.items())
    texts = {row["clause"]: row["text"] for row in f["consistency"]}
    return _section(
        "What people decided", f"{counted(d['total'], 'decision')}: {verdicts}.",
        head=("violations, by clause", "number"),
        rows=[[texts.get(clause, clause), _n(n)] for clause, n in d["violations"].items()],
    )  # fmt: skip


def _took(t: dict[str, Any]) -> Section:
    said = "No decision of this period answered a finding."
    if t["timed"] == 1:
        said = f"The one decision that answered a finding came {_days(t['median_days'])} after it."
    elif t["timed"]:
        said = (
            f"Half of the decisions were made within {_days(t['median_days'])} of the finding, nine of ten within "
            f"{_days(t['p90_days'])}."
        )
    waits = "Nothing waits for a decision."
    if t["waiting"]:
        oldest = _days(t["oldest_waiting_days"])
        waits = f"{counted(t['waiting'], 'record')} waited at the end, the oldest for {oldest}."
    shown = t["timed"] or t["waiting"]
    names = [name for name, _ in AGES]
    decided, waiting = ([t[of].get(name, 0) for name in names] for of in ("decided_by_age", "waiting_by_age"))
    drawn = plots.ages(names, decided, waiting) if shown else None
    return _section("From finding to decision", f"{said} {waits}", plot=drawn)


def _removed(m: dict[str, Any]) -> Section:
    title = "What was hidden or disappeared"
    before = ""
    if m["unmatched_before"]:
        before = f" From earlier periods, {m['unmatched_before']:,} more that nobody decided are unexplained."
    if not m["events"]:
        return _section(title, f"The harvests saw nothing disappear in this period.{before}")
    causes = [cause for cause in _CAUSES if cause in m["causes"]]
    drawn = plots.stacked(
        [_CAUSES[cause] for cause in causes],
        [Part(name, colour, [_of_status(m["causes"][cause], status) for cause in causes])
         for status, name, colour in _STATUSES],
        what="Disappearances by who did it and whether somebody decided it",
    )  # fmt: skip
    one = m["events"] == 1
    said = (
        f"{counted(m['events'], 'record')} that had been there, or waited for review, {'was' if one else 'were'} seen "
        f"hidden or absent for the first time; {m['back']:,} came back. {_undecided(m['unmatched'])}"
    )
    return _section(
        title, said + before, plot=drawn,
        note="Absence is not deletion: where the platform does not tell who did it, the cause is not known. What went "
        "together with the post above it, was published after review, or was hidden before the archive began is not "
        "ours to decide.",
    )  # fmt: skip


def _of_status(counts: dict[str, int], status: str) -> int:
    if status != "other":
        return counts.get(status, 0)
    named = {name for name, _, _ in _STATUSES}
    return sum(n for name, n in counts.items() if name not in named)


def _undecided(count: int) -> str:
    if not count:
        return "No removal of this period is one that nobody decided."
    return f"Nobody on record had decided {count:,} of these before."


def _evenly(rows: Sequence[dict[str, Any]]) -> Section | None:
    title = "Is each clause applied evenly?"
    told = [row for row in rows if row["records"] or row["decisions"] or row["removals"]]
    if not told:
        return _section(title, "Nothing was pointed at, decided or removed under any clause.")
    uneven = [(row["text"], rule) for row in told for rule in row["rules"] if rule["removed"] and rule["left_up"]]
    said = "No rule points at records of which some were removed and others left up."
    if uneven:
        listed = "; ".join(f"{rule['rule']} (“{text}”): {rule['removed']:,} removed, {rule['left_up']:,} left up"
                           for text, rule in uneven[:6])  # fmt: skip
        more = f"; and {len(uneven) - 6} more" if len(uneven) > 6 else ""
        said = f"The same rule, some removed and some left up: {listed}{more}."
    return _section(
        title, said,
        head=("clause", "pointed at", "left up", "no violation", "violation", "counsel", "removed: decided",
              "explained", "undecided"),
        rows=[
            [row["text"], _n(row["records"]), _n(row["left_up"]),
             *(_n(row["decisions"].get(name, 0)) for name in _VERDICTS),
             *(_n(row["removals"].get(name, 0)) for name in ("matched", "explained", "unmatched"))]
            for row in told
        ],
        note="Records, not findings. An uneven count is a question for people, not an answer: two records that the "
        "same rule points at may differ in what they say.",
    )  # fmt: skip


def _notices(notices: Sequence[dict[str, Any]] | None) -> Section | None:
    if notices is None:
        return None
    rows = [[one["account"], _RESULTS.get(one["result"], one["result"]), time(one.get("checked"))] for one in notices]
    return _section("Do the profiles tell the public?", "Each account shall say that what is posted or submitted for "
                    "posting is subject to public disclosure.", head=("account", "the notice is", "checked (UTC)"),
                    rows=rows, words=3)  # fmt: skip


def _requests(count: int) -> Section:
    said = "No comment was pointed at as a possible request for public records."
    if count:
        said = (
            f"{counted(count, 'record')} may be a request for public records. Whether one is, the FOIA officer says; "
            "the period to answer runs from its receipt meanwhile."
        )
    return _section("Possible requests for public records", said)


def _gaps(gaps: Sequence[dict[str, Any]]) -> Section:
    if not gaps:
        return _section("What could not be seen", "No gap overlaps this period.")
    rows = [
        [g["account"], in_words(g["reason"]),
         counted(g["threads"], "thread") if g["threads"] else f"{time(g['from'])} to {time(g['to'])}",
         "in part" if g["threads"] else "can be read again" if g["closed"] else "open"]
        for g in gaps
    ]  # fmt: skip
    return _section("What could not be seen", "Where these overlap, the figures above may lack something.",
                    head=("account", "why", "when (UTC)", "now"), rows=rows, words=4)  # fmt: skip


def _rules(rules: dict[str, Any]) -> Section:
    off = f" Switched off: {', '.join(rules['off'])}." if rules["off"] else ""
    return _section(
        "The rules", f"{rules['title'] or 'No comment policy is configured'}, version {rules['version']} of its rules. "
        f"{counted(len(rules['active']), 'check')} in force: {', '.join(rules['active'])}.{off}",
    )  # fmt: skip


def _foot(f: Figures) -> list[list[str]]:
    ledger = f["ledger"]
    told = [["rules", f["rules"]["digest"]]]
    if ledger:
        told = [["ledger", f"{ledger['entries']:,} entries, {ledger['time']}"], ["root", ledger["root"]], *told]
    return told


def _days(days: float) -> str:
    """Days and hours as people say them."""
    if days < 1:
        hours = max(1, round(days * 24))
        return counted(hours, "hour")
    return counted(round(days), "day")


def _n(number: int) -> str:
    return f"{number:,}"
