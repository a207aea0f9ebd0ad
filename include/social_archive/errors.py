"""What can go wrong, as types. Every message says what happened, what was not lost, and what to do.

Messages never hold a secret or a person's words: they end up in logs, in Airflow's database and on screens.
"""

from __future__ import annotations

from datetime import datetime


class ArchiveError(Exception):
    """Base of all expected failures. `remedy` is the sentence that tells a person what to do next."""

    remedy = "Run `archive doctor` and read docs/it.md."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        if remedy is not None:
            self.remedy = remedy

    def __str__(self) -> str:
        return f"{super().__str__()} What to do: {self.remedy}"


class ConfigError(ArchiveError):
    """A file in the agency folder is wrong. The message carries file, line and reason."""

    remedy = "Correct the named line and run the command again. Nothing was changed."


class StoreError(ArchiveError):
    """The object store answered something it must not, or did not answer."""

    remedy = "Run `archive doctor`. Records that are already in the ledger are not affected."


class StoreUnfit(StoreError):
    """The bucket lacks Object Lock (or another property the archive rests on)."""


class PreconditionFailed(StoreError):
    """A conditional PUT found the key taken (412), was told to retry (409), or its answer was lost.

    Never a verdict by itself: read the key back and compare (S3 reports 412 for our own success
    when the first answer was lost).
    """


class LedgerError(ArchiveError):
    """The ledger does not verify. Nothing is appended to a ledger in this state."""

    remedy = "Stop harvests, keep the bucket as it is, and run `archive ledger verify` for the list of findings."


class NotFound(ArchiveError):
    """The thing that was asked for is not in the archive."""

    remedy = "Check the id with `archive find`."


class PlatformError(ArchiveError):
    """The platform could not be read. `gap_reason` names the gap that this failure leaves behind."""

    gap_reason = "platform_error"
    remedy = "The next run tries again from the same place; nothing that was harvested is lost."


class Throttled(PlatformError):
    """The platform asks us to wait until `regain_at` (UTC). Retrying earlier may extend the block."""

    gap_reason = "throttled"

    def __init__(self, message: str, *, regain_at: datetime, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.regain_at = regain_at

    def __reduce__(self) -> tuple[object, ...]:  # crosses process borders in Airflow's retry policy
        return (_rebuild_throttled, (self.args[0], self.regain_at, self.remedy))


def _rebuild_throttled(message: str, regain_at: datetime, remedy: str) -> Throttled:
    return Throttled(message, regain_at=regain_at, remedy=remedy)


class LoginExpired(PlatformError):
    """The token is dead (expired, revoked, password changed) and could not be refreshed."""

    gap_reason = "login_expired"
    remedy = "Renew the account's token in its connection; the harvest resumes by itself and the gap is recorded."


class ScopeLost(PlatformError):
    """The token works but may not see what it must; an empty list from it means nothing."""

    gap_reason = "scope_lost"
    remedy = "Grant the missing permission named here, then run the harvest again."


class AccountGone(PlatformError):
    """The platform says, positively, that the account is deleted, deactivated, suspended or taken down."""

    gap_reason = "account_gone"
    remedy = "What was harvested stays. If the account was closed on purpose, set `enabled: false` in accounts.yaml."


class Unintelligible(PlatformError):
    """The answer is not what the platform's API promises (HTML, truncated, wrong envelope, over the size cap)."""

    gap_reason = "unintelligible"


class CursorLoop(PlatformError):
    """The platform hands out a cursor that it already gave: paging would never end."""

    gap_reason = "cursor_loop"
