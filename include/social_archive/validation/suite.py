"""The Great Expectations suites: what a batch must be, as data, and how it is asked.

Each check has a code. It is what a rejected row carries as its reason and what a person reads in the evidence.
Severity says what follows: `critical` puts the row in quarantine, `warning` flags it, `info` is only counted.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from social_archive.errors import ArchiveError
from social_archive.record import KINDS, STATES
from social_archive.validation.frame import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

SUITE_NAME: Final = "social-records"
SUITE_VERSION: Final = "1"

DAY: Final = 86_400_000_000
EARLIEST: Final = 1_041_379_200_000_000  # 2003-01-01: before the first of today's platforms

Severity = Literal["critical", "warning", "info"]
Table = Literal["rows", "threads"]


class SuiteBroken(ArchiveError):
    """Great Expectations failed to judge a batch. Nothing was accepted and nothing was lost."""

    remedy = "The staged batch is kept: run the harvest again. If it fails again, run `archive doctor`."


@dataclass(frozen=True)
class Check:
    """One expectation: its class in `great_expectations.expectations`, its arguments, and the code it reports."""

    code: str
    expectation: str
    severity: Severity
    says: str
    arguments: dict[str, Any] = field(default_factory=dict)
    table: Table = "rows"


def _between(column: str, **bounds: Any) -> dict[str, Any]:
    return {"column": column, **bounds}


_LATEST: Final = {"$PARAMETER": "latest"}

CHECKS: Final[tuple[Check, ...]] = (
    Check("columns_differ", "ExpectTableColumnsToMatchSet", "critical", "The table has exactly these columns.",
          {"column_set": list(COLUMNS), "exact_match": True}),
    Check("type_mismatch", "ExpectColumnValuesToBeBetween", "critical",
          "Every field holds a value that the record's schema can store exactly.",
          _between("mistyped_fields", max_value=0)),
    Check("platform_missing", "ExpectColumnValuesToNotBeNull", "critical", "The platform is named.",
          {"column": "platform"}),
    Check("account_missing", "ExpectColumnValuesToNotBeNull", "critical", "The account is named.",
          {"column": "account"}),
    Check("native_id_missing", "ExpectColumnValuesToNotBeNull", "critical", "The platform's id is there.",
          {"column": "native_id"}),
    Check("native_missing", "ExpectColumnValuesToBeBetween", "critical",
          "What the platform handed out is kept as received.", _between("native_size", min_value=1)),
    Check("kind_unknown", "ExpectColumnValuesToBeInSet", "critical", "The kind is one of the known kinds.",
          {"column": "kind", "value_set": list(KINDS)}),
    Check("state_unknown", "ExpectColumnValuesToBeInSet", "critical", "The state is one of the known states.",
          {"column": "state", "value_set": list(STATES)}),
    Check("body_missing", "ExpectColumnValuesToBeBetween", "critical",
          "A post, comment or reply that is present has text, media or a link.", _between("content_size", min_value=1)),
    Check("observed_at_out_of_range", "ExpectColumnValuesToBeBetween", "critical",
          "It was observed after 2002 and not in the future (1 day of skew).",
          _between("observed_at", min_value=EARLIEST, max_value=_LATEST)),
    Check("created_at_out_of_range", "ExpectColumnValuesToBeBetween", "critical",
          "It was created after 2002 and not in the future (1 day of skew).",
          _between("created_at", min_value=EARLIEST, max_value=_LATEST)),
    Check("edited_at_out_of_range", "ExpectColumnValuesToBeBetween", "critical",
          "It was edited after 2002 and not in the future (1 day of skew).",
          _between("edited_at", min_value=EARLIEST, max_value=_LATEST)),
    Check("edited_before_created", "ExpectColumnValuesToBeBetween", "critical",
          "It was not edited before it was created (1 day of skew).", _between("edit_delay", min_value=-DAY)),
    Check("undated", "ExpectColumnValuesToBeInSet", "warning",
          "A post, comment or reply that is present says when it was created.",
          {"column": "date", "value_set": ["known"]}),
    Check("orphan", "ExpectColumnValuesToBeInSet", "warning", "The parent is in this batch or in the archive.",
          {"column": "parent", "value_set": ["known"]}),
    Check("versions_in_batch", "ExpectColumnValuesToBeBetween", "info",
          "An id stands for one version within a batch; if for more, all are kept in order.",
          _between("versions", max_value=1)),
    Check("duplicate", "ExpectCompoundColumnsToBeUnique", "info",
          "A version of an id stands once in a batch; identical repetitions are collapsed into one.",
          {"column_list": ["platform", "account", "native_id", "version"]}),
    Check("reply_shortfall", "ExpectColumnPairValuesAToBeGreaterThanB", "warning",
          "A thread has at least as many comments and replies as the platform states.",
          {"column_A": "found", "column_B": "expected", "or_equal": True}, table="threads"),
)  # fmt: skip

BY_CODE: Final = {check.code: check for check in CHECKS}


@dataclass(frozen=True)
class Outcome:
    """What one expectation said: how many rows it looked at and which ones (0-based) did not meet it."""

    check: Check
    type: str
    success: bool
    element_count: int
    unexpected: tuple[int, ...]


class Suites:
    """The suites, bound to an in-memory context. Building costs seconds (the import), asking milliseconds."""

    def __init__(self) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        import great_expectations as gx
        import great_expectations.expectations as gxe

        self.version: str = gx.__version__
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        source = context.data_sources.add_pandas("observations")
        self._batches: dict[str, Any] = {}
        self._suites: dict[str, Any] = {}
        self._expectations: dict[str, Any] = {}
        for check in CHECKS:
            self._expectations[check.code] = getattr(gxe, check.expectation)(
                **check.arguments, severity=check.severity, description=check.says, meta={"code": check.code}
            )
        for table in ("rows", "threads"):
            asset = source.add_dataframe_asset(table)
            self._batches[table] = asset.add_batch_definition_whole_dataframe(table)
            members = [self._expectations[check.code] for check in CHECKS if check.table == table]
            self._suites[table] = context.suites.add(gx.ExpectationSuite(f"{SUITE_NAME}-{table}", members))

    def ask(self, table: Table, frame: pd.DataFrame, latest: int) -> list[Outcome]:
        """Ask the whole suite for a yes or no, then those that said no for their rows.

        Most batches are sound, and collecting rows triples the price of an expectation.
        """
        parameters = {"latest": latest}
        batch = self._batches[table].get_batch(batch_parameters={"dataframe": frame})
        answers = batch.validate(
            self._suites[table], result_format="BOOLEAN_ONLY", expectation_parameters=parameters
        ).results
        outcomes = {}
        for answer in answers:
            config = answer.expectation_config
            check = BY_CODE[config.meta["code"]]
            rows: tuple[int, ...] = ()
            if _sound(answer, check) and not answer.success and "Table" not in check.expectation:
                details = batch.validate(
                    self._expectations[check.code],
                    result_format={"result_format": "COMPLETE", "exclude_unexpected_values": True},
                    expectation_parameters=parameters,
                )
                rows = _rows(details, check)
            outcomes[check.code] = Outcome(check, config.type, answer.success, len(frame), rows)
        return [outcomes[check.code] for check in CHECKS if check.table == table]


def _sound(answer: Any, check: Check) -> bool:
    """True, unless the expectation could not be evaluated: that is no verdict (its message may quote values)."""
    if answer.exception_info.get("raised_exception", True) is not False:
        raise SuiteBroken(f"Great Expectations could not evaluate `{check.code}`.") from None
    return True


def _rows(details: Any, check: Check) -> tuple[int, ...]:
    """The rows that did not meet it. A failure without rows would let bad ones through, so it is an error."""
    _sound(details, check)
    rows = tuple(int(row) for row in details.result.get("unexpected_index_list") or ())
    if not rows:
        raise SuiteBroken(f"Great Expectations failed `{check.code}` but named no rows.")
    return rows


_lock = threading.Lock()
_suites: Suites | None = None


def ask(table: Table, frame: pd.DataFrame, latest: int) -> list[Outcome]:
    """Ask the process's suites about a table. One at a time: Great Expectations keeps the batch in its context."""
    global _suites  # noqa: PLW0603 - built once per process
    with _lock:
        if _suites is None:
            _suites = Suites()
        return _suites.ask(table, frame, latest)


def library_version() -> str | None:
    """The version of Great Expectations that judged, None if it was not needed."""
    return _suites.version if _suites else None
