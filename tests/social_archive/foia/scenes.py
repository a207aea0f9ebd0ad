"""A library whose page was full of the parking lot, and requests about it. Everything in it is invented.

Times are relative to today, so that nothing is past its period. `PERSON` is somebody whose name must not leave: it
stands in the places in which an identity can hide.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from social_archive.accession import Batch, commit
from social_archive.archive import Archive
from social_archive.foia.requests import Incoming, Request, Requester, receive, today
from social_archive.record import Media, Observation, micros
from tests.social_archive.retention.scenes import library as plain_library

ACCOUNT = ("mastodon", "larkspur")
DAY = datetime.now(UTC).replace(hour=15, minute=4, second=5, microsecond=0) - timedelta(days=60)

FOIA = """foia:
  officers: [records]
  second_reviewers: [director]
  release_approvers: [director]
  control_prefix: LPL
"""


@dataclass(frozen=True)
class Person:
    """Somebody of the public (invented), by everything that leads to him or her."""

    name: str = "Zelda Quillfeather"
    handle: str = "zquillfeather"
    id: str = "9913370042"
    email: str = "zelda.quillfeather@example.org"
    phone: str = "(630) 555-0142"

    @property
    def every(self) -> tuple[str, ...]:
        return (self.name, self.handle, self.id, self.email, self.phone)


PERSON = Person()


def library(tmp_path: Path, bucket: str, *, name: str = "agency") -> Archive:
    """An archive of its own; its schedule is in force; its people may answer requests."""
    from social_archive.archive import open_archive

    archive = plain_library(tmp_path, bucket, name=name)
    path = archive.agency.folder / "agency.yaml"
    path.write_text(path.read_text() + FOIA)
    return open_archive(archive.agency.folder, state=archive.state)


def said(
    native_id: str, body: str, *, kind: str = "comment", under: str | None = "p1", minutes: int = 0,
    name: str = "Ada (invented)", handle: str = "ada", id: str = "1001", media: Sequence[Media] = (), **more: object,
) -> Observation:  # fmt: skip
    """Something that was posted. Its native JSON repeats what a platform repeats."""
    now = datetime.now(UTC)
    native = json.dumps({
        "id": native_id, "in_reply_to_id": under, "content": f"<p>{body}</p>", "account": {"id": id, "acct": handle,
        "display_name": name}, "url": f"https://social.example/@{handle}/{native_id}",
    }).encode()  # fmt: skip
    observation = Observation(
        kind=kind, native_id=native_id, native=native, parent_native_id=under,  # type: ignore[arg-type]
        root_native_id="p1" if kind != "post" else native_id, body=body, body_html=f"<p>{body}</p>", author_name=name,
        author_handle=handle, author_id=id, permalink=f"https://social.example/@{handle}/{native_id}",
        platform=ACCOUNT[0], account=ACCOUNT[1], created_at=micros(DAY + timedelta(minutes=minutes)),
        observed_at=micros(now), http_date=format_datetime(now, usegmt=True), harvest_id="h", adapter="scripted.1",
        endpoint="https://social.example/api", media=tuple(media), links=(),
    )  # fmt: skip
    for key, value in more.items():
        setattr(observation, key, value)
    return observation


def thread() -> list[Observation]:
    """A post about the parking lot, comments on it, and one of PERSON with answers that name her."""
    p = PERSON
    return [
        said("p1", "The parking lot closes on Monday.", kind="post", under=None, name="Larkspur", handle="larkspur",
             id="1", author_is_account=True),
        said("c1", "Where shall we park then? The parking lot is all we have.", minutes=1),
        said("c2", f"The parking lot floods. Call me: {p.phone} or {p.email}", minutes=2, name=p.name, handle=p.handle,
             id=p.id),
        said("c3", f"@{p.handle} is right about the parking lot, thank you {p.name}!", under="c2", minutes=3,
             name="Bo (invented)", handle="bo", id="1002"),
        said("c4", "Story time was lovely.", minutes=4, name="Cy (invented)", handle="cy", id="1003"),
        said("c5", f"See https://social.example/@{p.handle}/c2 on the parking lot", minutes=5,
             name="Cy (invented)", handle="cy", id="1003"),
    ]  # fmt: skip


def take_in(archive: Archive, observations: Sequence[Observation], media: Sequence[dict[str, object]] = ()) -> None:
    commit(archive, Batch(*ACCOUNT, uuid.uuid4().hex, list(observations), media=list(media)))


def requested(archive: Archive, text: str = "All comments about the parking lot, please.") -> Request:
    """A request that came by e-mail today."""
    who = Requester(name="Quentin Harrow (invented)", email="q.harrow@example.com")
    return receive(archive, Incoming(today(archive), "email", who, text), by="records", via="cli")
