"""The tasks of the DAGs `foia_request`, `foia_clock`, `foia_deadlines` and `foia_export`.

What passes between them is numbers of requests, dates, counts and hashes: never a requester, never a record.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import get_current_context, task
from airflow.sdk.bases.sensor import PokeReturnValue
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from social_archive_airflow import gates, mail
from social_archive_airflow.opening import opened
from social_archive_airflow.retention_tasks import started_by

if TYPE_CHECKING:
    from social_archive.archive import Archive

log = logging.getLogger(__name__)

VIA: Final = "airflow"
CLOCK: Final = "foia_clock"
LOOK_EVERY: Final = timedelta(minutes=10)


# --------------------------------------------------------------------------- foia_request


@task
def receive() -> str:
    """Open the file of the request that was entered in the form; its number. Once for each run."""
    from social_archive.foia.requests import Incoming, Requester, today
    from social_archive.foia.requests import receive as core

    context = get_current_context()
    given = {name: value for name, value in context["params"].items() if isinstance(value, str)}
    with opened() as archive, a_person_decides():
        who = Requester(given.get("name", ""), given.get("email"), given.get("address"), None,
                        given.get("organisation"))  # fmt: skip
        day = date.fromisoformat(given["received"][:10]) if given.get("received") else today(archive)
        made = core(
            archive, Incoming(day, given.get("how", "form"), who, given.get("text", "")),  # type: ignore[arg-type]
            by=started_by(context), via=VIA, id=_identity(context["dag_run"].run_id),
        )  # fmt: skip
        log.info("Request %s, received on %s. Its file: archive foia show %s", made.number, made.received, made.number)
        return made.number


def _identity(run_id: str) -> str:
    """The same for every try of a run: a request is received once."""
    return hashlib.sha256(f"foia_request/{run_id}".encode()).hexdigest()[:32]


# --------------------------------------------------------------------------- the clock


@task
def to_watch() -> list[dict[str, Any]]:
    """Open requests and the end of the day by which each must be answered, as runs of `foia_clock`."""
    with opened(write=False) as archive:
        archive.catalog.catch_up()
        zone = ZoneInfo(archive.agency.body.time_zone)
        waiting = _open_requests(archive)
    log.info("%d open requests have a date.", len(waiting))
    return [_run_of(number, safe, zone) for number, safe in waiting]


def _run_of(number: str, safe: date, zone: ZoneInfo) -> dict[str, Any]:
    ends = datetime(safe.year, safe.month, safe.day, 23, 59, 59, tzinfo=zone).astimezone(UTC)
    return {"trigger_run_id": f"{number}_due_{safe}", "conf": {"number": number, "due": ends.isoformat()},
            "logical_date": None}  # fmt: skip


def watch(runs: Any) -> Any:
    """One run of `foia_clock` for each; those that there are already are left alone."""
    return TriggerDagRunOperator.partial(
        task_id="watch", trigger_dag_id=CLOCK, skip_when_already_exists=True, openlineage_inject_parent_info=False,
    ).expand_kwargs(runs)  # fmt: skip


@task.sensor(mode="reschedule", poke_interval=LOOK_EVERY.total_seconds(), timeout=timedelta(days=3650).total_seconds())
def answered() -> PokeReturnValue:
    """Wait until this run's request is answered or closed, or is due on another day than the one that it watches."""
    context = get_current_context()
    number, watched = context["params"]["number"], context["params"]["due"]
    if not number:
        raise AirflowSkipException("This run names no request: `foia_deadlines` starts those that do.")
    with opened(write=False) as archive:
        archive.catalog.catch_up()
        due = dict(_open_requests(archive)).get(number)
        zone = ZoneInfo(archive.agency.body.time_zone)
    moved = watched is not None and due is not None and datetime.fromisoformat(watched).astimezone(zone).date() != due
    log.info("Request %s: %s", number, f"an answer is due by {due}" if due else "nothing is due")
    return PokeReturnValue(is_done=due is None or moved)


def _open_requests(archive: Archive) -> list[tuple[str, date]]:
    """(number, safe date) of every request that waits for its answer."""
    from social_archive.foia import request_file
    from social_archive.foia.periods import deadline_of
    from social_archive.foia.requests import of_file

    found = (of_file(file) for file in request_file.every(archive) if not file.gone)
    waiting = [one for one in found if one.status in ("open", "waiting")]
    return [(one.number, due.safe) for one in waiting if (due := deadline_of(archive, one)) is not None]


@task
def tell() -> dict[str, Any]:
    """Tell the FOIA officer of requests that are due soon or late, each once a day. Numbers and dates only."""
    from social_archive.foia import deadlines
    from social_archive.foia.requests import today

    with opened() as archive:
        archive.catalog.catch_up()
        soon = deadlines.untold(archive, today(archive))
        log.info("%d requests are due soon or late, and nobody was told today.", len(soon))
        if not soon:
            return {"requests": 0, "sent": False}
        why_not = mail.send(officer(archive), deadlines.subject(soon), deadlines.html(archive, soon),
                            get_current_context())  # fmt: skip
        if why_not is None:
            deadlines.record(archive, soon)
        log.info("The letter was sent." if why_not is None else f"No mail was sent: {why_not}.")
    return {"requests": len(soon), "sent": why_not is None}


@task
def settle() -> dict[str, int]:
    """For closed requests, what their closing left undone. It waits for nothing, and nothing waits for it: a store that
    refuses a move must not hide a day that is near."""
    from social_archive.foia import closing

    with opened() as archive:
        done = closing.settle(archive)
    log.info("%d holds were lifted and %d objects moved. %d old versions are still locked, %d objects wait for a "
             "disposal.", done.lifted, done.moved, done.left, done.waiting)  # fmt: skip
    return asdict(done)


def officer(archive: Archive) -> str | None:
    digest = archive.agency.digest
    return digest.foia_officer or digest.to or archive.agency.body.contact_email


# --------------------------------------------------------------------------- foia_export


@task
def confirmed() -> list[str]:
    """The request that is named; or all whose review is confirmed and that have no bundle of it yet."""
    from social_archive.foia import request_file
    from social_archive.foia.bundle.build import ready

    number = get_current_context()["params"]["number"]
    with opened(write=False) as archive, a_person_decides():
        archive.catalog.catch_up()
        if number:
            return [request_file.read(archive, number).number]
        found = ready(archive)
    log.info("%d requests are confirmed and wait for their bundle.", len(found))
    return found


@task(map_index_template="{{ number }}")
def build(number: str) -> dict[str, Any]:
    """The bundle of what was confirmed. Killed and tried again, it is the same to the byte."""
    from social_archive.foia.bundle.build import build as core
    from social_archive.foia.bundle.model import Options

    context: Any = get_current_context()
    context["number"] = number
    with opened() as archive, a_person_decides():
        built = core(archive, number, by=started_by(context), via=VIA,
                     options=Options(load_files=bool(context["params"]["load_files"])))  # fmt: skip
    log.info("Request %s: %s, %d bytes, SHA-256 %s", number, built.totals, built.size, built.sha256)
    return {"number": number, "sha256": built.sha256, "size": built.size, **built.totals}


@task
def deliver(built: Mapping[str, Any], answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """Deliver the bundle that a person has released: into the release folder, or as a link by mail to the officer."""
    from social_archive.foia import delivery, request_file

    if gates.rejected(answer):  # in a mapped group, Airflow's own operator does not skip what comes after it
        raise AirflowSkipException("The release was rejected. Nothing went out.")
    context = get_current_context()
    number, how = built["number"], context["params"]["deliver"]
    with opened() as archive, a_person_decides():
        decision = gates.approved(
            answer, plan=gates.plan_of(answer), expected_plan=built["sha256"], not_by=(),
            allowed=archive.agency.foia.release_approvers,
        )  # fmt: skip
        archive.catalog.catch_up()
        if delivery.waiting(request_file.read(archive, number)).told["sha256"] != decision.plan:
            raise gates.NotApproved("Another bundle was built since this one was released.")
        folder = Path(archive.agency.foia.release_folder or archive.state / "releases")
        done = delivery.deliver(archive, number, to=how, folder=folder, by=decision.by, via=VIA)
        if done.link is not None:  # whoever has it can read the bundle: it goes into no log and no XCom
            letter = (f"Link to the answer to request {number}", _with_link(number, done.link))
            why_not = mail.send(officer(archive), *letter, context)
            log.info("The link was sent." if why_not is None else f"No mail was sent: {why_not}. On the command line: "
                     f"archive foia deliver {number} --link")  # fmt: skip
        log.info("Delivered%s.", f" into {done.files[0].parent.name}" if done.files else "")
    return {"number": number, "how": how}


def _with_link(number: str, link: str) -> str:
    return (f"<p>The answer to request {escape(number)} can be fetched here. Whoever has this link can fetch it, until "
            f"it ends by itself.</p><p><a href='{escape(link)}'>{escape(link)}</a></p>")  # fmt: skip


@contextmanager
def a_person_decides() -> Iterator[None]:
    """What only a person can put right fails at once; what puts itself right (a store that is down) is tried again."""
    from social_archive.errors import NotFound
    from social_archive.foia.request_file import RequestRefused

    try:
        yield
    except (RequestRefused, NotFound, gates.NotApproved) as refusal:
        raise AirflowFailException(str(refusal)) from refusal
