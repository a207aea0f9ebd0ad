"""Gaps: what a harvest could not see, kept as records, so that silence is never mistaken for absence."""

from __future__ import annotations

from datetime import UTC, datetime

from social_archive.catalog import OpenGap
from social_archive.errors import PlatformError
from social_archive.harvest.report import GapNotice
from social_archive.record import Observation, canonical

_SENTENCES = {
    "throttled": "The platform's rate limit cut this harvest short.",
    "login_expired": "The account's login was no longer valid, so nothing could be read.",
    "scope_lost": "The login had lost a permission, so what it showed could not be trusted.",
    "account_gone": "The platform said that the account is gone.",
    "unintelligible": "The platform's answers were not what its API promises.",
    "cursor_loop": "The platform's paging went in circles and was stopped.",
    "platform_error": "The platform could not be read.",
}

NEVER_CLOSED = frozenset({"import_limits"})
"""What an export could not contain stays unknown: a harvest sees what stands now, not what stood then."""


def failure_gap(failure: PlatformError, *, open_gaps: list[OpenGap], last_look: int | None, now: int) -> Observation:
    """The gap that a failed harvest leaves: from the last complete look until now.

    A failure that goes on extends its gap (a new version of the same record) instead of adding one a day.
    """
    reason = failure.gap_reason
    running = next((g for g in open_gaps if g.reason == reason and ":thread:" not in g.native_id), None)
    start = running.gap_from if running else last_look
    native_id = running.native_id if running else f"gap:{reason}:{start if start is not None else 'beginning'}"
    return _gap(
        native_id, reason, start, now, _SENTENCES.get(reason, _SENTENCES["platform_error"]), detail=str(failure)
    )


def coverage_gap(shortfall: str, root: str | None, created_at: int | None, detail: str) -> Observation:
    """What the platform itself kept back (a page cap, a depth limit). Open-ended: nobody can say when it ends."""
    place = f":thread:{root}" if root else ""
    gap = _gap(f"gap:{shortfall}{place}", shortfall, created_at, None, detail, detail=shortfall)
    gap.root_native_id = root
    return gap


def closed(gap: OpenGap, *, now: int) -> Observation:
    """The last version of a gap: a later harvest could see again."""
    sentence = (
        "A later harvest could see again. What was posted in this span and still stood then has been read; "
        "what came and went within it cannot be known."
    )
    observation = _gap(gap.native_id, gap.reason, gap.gap_from, gap.gap_to or now, sentence, detail="closed")
    observation.state = "present"
    if ":thread:" in gap.native_id:
        observation.root_native_id = gap.native_id.split(":thread:", 1)[1]
    return observation


def _gap(native_id: str, reason: str, start: int | None, end: int | None, sentence: str, *, detail: str) -> Observation:
    return Observation(
        kind="gap",
        native_id=native_id,
        native=canonical({"gap": reason, "from": start, "to": end, "detail": detail}),
        author_is_account=False,
        body=sentence,
        state="inaccessible",
        created_at=start,
        gap_reason=reason,
        gap_from=start,
        gap_to=end,
    )


def notice(gap: Observation) -> GapNotice:
    return GapNotice(gap.gap_reason or "", iso(gap.gap_from), iso(gap.gap_to), closed=gap.state == "present")


def iso(moment: int | None) -> str | None:
    """Microseconds UTC as ISO 8601 to the second."""
    return None if moment is None else f"{datetime.fromtimestamp(moment // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
