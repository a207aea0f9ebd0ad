"""What a person is asked before an answer to a records request goes out, in Airflow's Required Actions.

As with a disposal (`questions.py`), the text is made from the ledger when the question is put, and the answer is
entered into the ledger in the very step that receives it. Rejected, the bundle stays in the archive and nothing
goes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException

from social_archive.errors import ConfigError
from social_archive_airflow import gates
from social_archive_airflow.foia_tasks import VIA
from social_archive_airflow.gates import NotApproved
from social_archive_airflow.opening import opened
from social_archive_airflow.questions import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from social_archive.archive import Archive
    from social_archive.foia.request_file import Event, RequestFile


class Release(ApprovalOperator):
    """Approve lets exactly this bundle go out; Reject is entered with its reason, and nothing does."""

    template_fields: Sequence[str] = (*ApprovalOperator.template_fields, "built")

    def __init__(self, *, built: Any, assigned: list[str], **kwargs: Any) -> None:
        kwargs.pop("params", None)  # the run's own form: what it asked is no question here
        super().__init__(
            subject="Release of the answer to a records request",
            params={"plan": Param(None, type=["null", "string"], maxLength=200, title="Plan",
                                  description="The bundle, by its hash. Leave it as it is."),
                    "reason": Param(None, type=["null", "string"], maxLength=200, title="Reason",
                                    description="For a rejection; optional. Name nobody in it.")},
            assigned_users=[{"id": name, "name": name} for name in assigned], **{**PATIENCE, **kwargs},
        )  # fmt: skip
        self.built = built

    def execute(self, context: Any) -> Any:
        with opened() as archive:
            archive.catalog.catch_up()
            file, built = _bundle(archive, self.built)
            if not archive.agency.foia.release_approvers:
                raise ConfigError(
                    "agency.yaml names nobody who may release an answer. Nothing went out.",
                    remedy="Add `foia: {release_approvers: [NAME]}` to agency.yaml, then clear this task.",
                )
            self.body = page(archive, file, built)
            self.params["plan"] = built.told["sha256"]
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        from social_archive.foia import delivery

        if "error" not in event:
            self.validate_params_input(event["params_input"] or {})  # Airflow would refuse it after it was entered
            with opened() as archive:
                archive.catalog.catch_up()
                file, built = _bundle(archive, self.built)
                allowed, sha256 = archive.agency.foia.release_approvers, built.told["sha256"]
                if event["chosen_options"] == [gates.REJECT]:
                    by, _ = gates.answered_by(event, option=gates.REJECT, allowed=allowed)
                    reason = str((event.get("params_input") or {}).get("reason") or "").strip() or "rejected"
                    delivery.refuse(archive, file.number, sha256=sha256, by=by, via=VIA, reason=reason)
                else:
                    decision = gates.approved(event, plan=gates.plan_of(event), expected_plan=sha256, allowed=allowed,
                                              not_by=())  # fmt: skip
                    delivery.approve(archive, file.number, sha256=decision.plan, by=decision.by, via=VIA)
        return super().execute_complete(context, event)


def _bundle(archive: Archive, built: Any) -> tuple[RequestFile, Event]:
    """The request's file and its last bundle, which must be the one that this run has built."""
    from social_archive.foia import request_file

    if not isinstance(built, dict) or not built.get("number"):
        raise NotApproved("This run names no bundle: its task `build` was marked as a success by hand.")
    file = request_file.read(archive, str(built["number"]))
    last = file.last("built")
    if last is None or last.told["sha256"] != built.get("sha256"):
        raise NotApproved("The ledger holds another bundle of this request than the one that this run has built.")
    if file.closed:
        raise AirflowSkipException(f"Request {file.number} was closed. Nothing went out.")
    return file, last


def page(archive: Archive, file: RequestFile, built: Event) -> str:
    """What an approver reads: Markdown with counts, dates and hashes; nobody's words, no requester."""
    told = built.told
    totals = told["totals"]
    confirmed = file.last("confirmed")
    lines = [
        f"**{archive.agency.body.name}: the answer to request {file.number} is to go out. It cannot be taken back.**",
        "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in (
            ("matched the request", f"{totals['hits']:,} records"),
            ("released in full", f"{totals['released']:,}"),
            ("released with words removed", f"{totals['redacted']:,}"),
            ("withheld", f"{totals['withheld']:,}"),
            ("destroyed on schedule before", f"{totals['disposed']:,}"),
            ("reviewed, and confirmed by", confirmed.by if confirmed else "nobody"),
            ("bundle", f"{told['size']:,} bytes, SHA-256 `{told['sha256']}`"),
        )),
        f"Read it before you answer: `archive foia show {file.number}`; the bundle itself: `archive foia bundle "
        f"{file.number} --by NAME` says where it lies.",
        "- **Approve** lets exactly this bundle go out, and nothing else.\n"
        "- **Reject** ends this run. The bundle stays in the archive; the review can be changed and confirmed again.",
    ]  # fmt: skip
    return "\n\n".join(lines)
