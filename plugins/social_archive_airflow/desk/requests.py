"""Requests for records on the Desk: which are open and when they are due, and the form that receives one.

The form goes straight into the request's own object in the archive: nothing of it passes through Airflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from social_archive.errors import ArchiveError
from social_archive.foia import history, intake, periods, requests
from social_archive.foia.requests import HOWS, Requester
from social_archive_airflow.opening import opened

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.clock import Due

VIA: Final = "airflow"
_MAY: Final = Depends(requires_access_dag("POST", DagAccessEntity.RUN, "foia_request"))
"""Whoever may start `foia_request` may see who asked for what: requests name people."""

router = APIRouter(prefix="/requests", dependencies=[_MAY])
_pages = Jinja2Templates(directory=Path(__file__).parent / "templates")


@dataclass(frozen=True)
class Line:
    """A request in the list. `left`: days until the safe date, None where nothing is due."""

    number: str
    kind: str
    status: str
    received: date
    due: Due | None
    left: int | None
    next: str | None


@router.get("", response_class=HTMLResponse)
def list_requests(request: Request) -> Response:
    """Open ones first, what is due first on top."""
    with opened(write=False) as archive:
        archive.catalog.catch_up()
        lines = sorted((_line(archive, one) for one in requests.every(archive)), key=_order)
        body = archive.agency.body.name
    return _pages.TemplateResponse(request, "requests.html", {"lines": lines, "body": body})


@router.get("/new", response_class=HTMLResponse)
def new_request(request: Request) -> Response:
    return _form(request)


@router.get("/{number}", response_class=HTMLResponse)
def show_request(request: Request, number: str) -> Response:
    with opened(write=False) as archive:
        archive.catalog.catch_up()
        try:
            found = requests.load(archive, number)
        except ArchiveError as error:
            return _pages.TemplateResponse(request, "refused.html", {"error": error}, status_code=404)
        due = periods.deadline_of(archive, found)
        told = [(event.time.date(), event.by, history.sentence(event)) for event in found.file.events]
        said = {"asked": found, "due": due, "told": told, "next": history.next_step(found), "how": history.how(found),
                "body": archive.agency.body.name}  # fmt: skip
    return _pages.TemplateResponse(request, "request.html", said)


@router.post("")
def receive_request(
    request: Request,
    user: GetUserDep,
    received: Annotated[str, Form(max_length=10)] = "",
    how: Annotated[str, Form(max_length=20)] = "",
    name: Annotated[str, Form(max_length=300)] = "",
    email: Annotated[str, Form(max_length=300)] = "",
    address: Annotated[str, Form(max_length=2_000)] = "",
    organisation: Annotated[str, Form(max_length=300)] = "",
    text: Annotated[str, Form(max_length=requests.LONGEST)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Receive what was entered, or the e-mail that was chosen; then show its file."""
    typed = {"received": received, "how": how, "name": name, "email": email, "address": address,
             "organisation": organisation, "text": text}  # fmt: skip
    who = Requester(name.strip(), email.strip() or None, address.strip() or None, None, organisation.strip() or None)
    body = file.file.read(intake.LARGEST + 1) if file is not None and file.filename else b""
    try:
        day = date.fromisoformat(received) if received else None
        with opened() as archive:
            archive.catalog.catch_up()
            taken = intake.take(
                archive, body or text.encode(), email=bool(body), received=day, requester=who,
                how=how if how in HOWS else None,
            )
            made = requests.receive(archive, taken.incoming, by=user.get_name(), via=VIA)
    except ValueError:
        return _form(request, typed, "The day of receipt is no date. Nothing was written.")
    except ArchiveError as error:
        return _form(request, typed, f"{error.args[0]} {error.remedy}")
    return RedirectResponse(request.url_for("show_request", number=made.number).path, status_code=303)


def _form(request: Request, typed: dict[str, Any] | None = None, refused: str = "") -> Response:
    said = {"typed": typed or {}, "refused": refused, "hows": HOWS}
    return _pages.TemplateResponse(request, "new_request.html", said, status_code=422 if refused else 200)


def _line(archive: Archive, one: requests.Request) -> Line:
    waits = one.status in ("open", "waiting")
    due = periods.deadline_of(archive, one) if waits else None
    left = None if due is None else (due.safe - requests.today(archive)).days
    step = history.next_step(one)
    return Line(one.number, one.kind, one.status, one.received, due, left, step[0] if step else None)


def _order(line: Line) -> tuple[bool, date, str]:
    return (line.status not in ("open", "waiting"), line.due.safe if line.due else date.max, line.number)
