"""A request as the commands of `archive foia` print it, and the options that they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from social_archive.cli import output

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.clock import Due
    from social_archive.foia.requests import Request
    from social_archive.law_foia import FoiaLaw

STATUS: Final = {"open": "yellow", "waiting": "cyan", "answered": "green", "closed": "dim"}

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The request's number, or its id.")]
By = Annotated[str, typer.Option(help="Your user name, as in agency.yaml.")]
On = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="When that was; default today.")
]  # fmt: skip


def day_of(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def bytes_of(file: Path) -> bytes:
    """A file that a person named, up to one byte more than is taken in anywhere: what is too large is refused there."""
    from social_archive.foia.request_file import LARGEST, RequestRefused

    try:
        with file.open("rb") as opened_file:
            return opened_file.read(LARGEST + 1)
    except OSError as error:
        raise RequestRefused(f"The file could not be read: {error.strerror or 'unknown error'}.",
                             remedy="Check its path and permissions.") from None  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A request with its date, as it is printed."""

    request: Request
    due: Due | None
    law: FoiaLaw | None
    today: date

    @classmethod
    def of(cls, archive: Archive, request: Request) -> Seen:
        from social_archive.foia import periods, requests

        due, law = periods.deadline_of(archive, request), periods.law_of(archive, request.received)
        return cls(request, due, law, requests.today(archive))

    @property
    def runs(self) -> bool:
        return self.request.status in ("open", "waiting")

    @property
    def left(self) -> int | None:
        runs = self.due is not None and self.runs and self.due.paused_since is None
        return (self.due.safe - self.today).days if self.due is not None and runs else None

    @property
    def when(self) -> tuple[str, str]:
        """(how far the date is, its colour)."""
        if self.left is None:
            stands_still = self.runs and self.due is not None and self.due.paused_since is not None
            return ("clock stopped", "cyan") if stands_still else ("", "dim")
        if self.left == 0:
            return "today", "bold red"
        days = output.plural(abs(self.left), "day")
        if self.left < 0:
            return f"{days} ago", "bold red"
        return f"in {days}", "yellow" if self.left <= 2 else "green"

    @property
    def late(self) -> str | None:
        """What the law says of an answer that is late, if this one surely is."""
        if self.due is None or self.left is None or self.due.date >= self.today or self.law is None:
            return None
        return self.law.silence

    def heading(self) -> Text:
        if self.request.status == "answered":
            return self._answered()
        if not self.runs:
            return self._closed()
        if self.due is None:
            return Text("No law on this kind of request is written down: nobody can say by when it is due.",
                        style="yellow")  # fmt: skip
        if self.due.paused_since is not None:
            return Text(f"The clock stands still since {self.due.paused_since:%A %Y-%m-%d}: the requester was asked.",
                        style="cyan")  # fmt: skip
        when, colour = self.when
        what = "Answer" if self.due.owed == "answer" else f"Tell the requester that it is treated as {self.due.kind}"
        later = f"   ({self.due.date:%A %Y-%m-%d} if every holiday counts)" if self.due.is_disputed else ""
        return Text.assemble((f"{what} by {self.due.safe:%A %Y-%m-%d}, {when}", colour), (later, "dim"))

    def _closed(self) -> Text:
        from social_archive.foia.history import sentence

        closed = self.request.file.last("closed")
        return Text(sentence(closed) if closed is not None else "Closed", style=STATUS["closed"])

    def _answered(self) -> Text:
        answered = self.request.file.last("answered")
        sent = None if answered is None else answered.told.get("sent")
        if sent is None or self.due is None:
            return Text("Answered", style=STATUS["answered"])
        day = date.fromisoformat(sent)
        if day <= self.due.safe:
            return Text(f"Answered on {day:%A %Y-%m-%d}, in time", style=STATUS["answered"])
        if day <= self.due.date:
            return Text(f"Answered on {day:%A %Y-%m-%d}, in time if every holiday counts", style="yellow")
        return Text(f"Answered on {day:%A %Y-%m-%d}, too late: due {self.due.date}", style="bold red")

    def to_dict(self) -> dict[str, Any]:
        one = self.request
        due = None if self.due is None else {
            "due": self.due.date, "safe": self.due.safe, "days_left": self.left, "owed": self.due.owed,
            "paused_since": self.due.paused_since, "steps": [vars(step) for step in self.due.steps],
        }  # fmt: skip
        return {"number": one.number, "id": one.id, "status": one.status, "kind": one.kind, "received": one.received,
                "how": one.how, "destroyed": one.file.gone, "clock": due}  # fmt: skip


def who(request: Request) -> Text:
    who = request.requester
    return output.safe(", ".join(part for part in (who.name, who.organisation, who.email, who.phone, who.address)
                                 if part) or "not said", one_line=True)  # fmt: skip
