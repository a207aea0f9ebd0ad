"""When to try again: the platform's own word on it, and nothing that only a person can repair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

from social_archive.errors import AccountGone, ConfigError, LedgerError, LoginExpired, ScopeLost, StoreUnfit, Throttled

_MARGIN = timedelta(seconds=1)  # the platform's clock and ours
_FOR_A_PERSON = (LoginExpired, ScopeLost, AccountGone, ConfigError, LedgerError, StoreUnfit)


class HonourRetryAfter(RetryPolicy):
    """A throttled task comes back at the moment the platform named, and frees its slot until then.

    An expired login, a lost permission, a closed account, a wrong file: no retry would help, so the task fails at
    once and the account waits alone. Everything else follows the task's own `retries` and `retry_delay`.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        for error in _chain(exception):
            if isinstance(error, Throttled):
                wait = max(error.regain_at - datetime.now(UTC), timedelta()) + _MARGIN
                return RetryDecision.retry(wait, f"throttled until {error.regain_at:%Y-%m-%d %H:%M:%S} UTC")
            if isinstance(error, _FOR_A_PERSON):
                return RetryDecision.fail(f"{type(error).__name__}: waits for a person")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> HonourRetryAfter:
        return cls()


def _chain(exception: BaseException | None) -> Iterator[BaseException]:
    """The exception and what caused it: retry libraries and executors wrap."""
    seen: set[int] = set()
    while exception is not None and id(exception) not in seen:
        seen.add(id(exception))
        yield exception
        exception = exception.__cause__
