"""A retry comes when the platform says so, and not at all where only a person can help."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction

from social_archive.errors import AccountGone, ConfigError, LoginExpired, ScopeLost, StoreError, Throttled
from social_archive_airflow.retries import HonourRetryAfter

pytestmark = pytest.mark.slow  # importing Airflow takes seconds


def decide(error: BaseException):
    return HonourRetryAfter().evaluate(error, try_number=1, max_tries=4)


def throttled(seconds: float) -> Throttled:
    return Throttled("Slow down.", regain_at=datetime.now(UTC) + timedelta(seconds=seconds))


def test_a_throttle_is_retried_at_the_moment_the_platform_named():
    decision = decide(throttled(900))

    assert decision.action is RetryAction.RETRY
    assert timedelta(seconds=898) < decision.retry_delay < timedelta(seconds=903)
    assert "throttled until" in decision.reason


def test_a_throttle_that_is_over_is_retried_almost_at_once():
    assert timedelta(0) < decide(throttled(-3600)).retry_delay < timedelta(seconds=3)


def test_a_throttle_is_recognised_behind_a_wrapper():
    wrapper = RuntimeError("gave up")
    wrapper.__cause__ = throttled(60)

    assert decide(wrapper).action is RetryAction.RETRY


def test_a_throttle_survives_the_border_between_processes():
    error = pickle.loads(pickle.dumps(throttled(900)))  # noqa: S301

    assert decide(error).retry_delay > timedelta(seconds=890)


@pytest.mark.parametrize("kind", [LoginExpired, ScopeLost, AccountGone, ConfigError])
def test_what_only_a_person_can_repair_is_not_retried(kind):
    decision = decide(kind("It is so."))

    assert decision.action is RetryAction.FAIL
    assert kind.__name__ in decision.reason


@pytest.mark.parametrize("error", [StoreError("The store did not answer."), OSError("reset"), ValueError("odd")])
def test_everything_else_follows_the_tasks_own_retries(error):
    assert decide(error).action is RetryAction.DEFAULT


def test_the_reason_holds_neither_message_nor_secret():
    decision = decide(LoginExpired("The token CANARY-TOKEN was refused."))

    assert "CANARY" not in decision.reason


def test_the_policy_survives_serialisation():
    policy = HonourRetryAfter.deserialize(HonourRetryAfter().serialize())

    assert isinstance(policy, HonourRetryAfter)
