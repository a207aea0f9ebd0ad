"""The Records Desk: only for people who may, only from its own pages; what is entered goes into the archive."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import requests
from social_archive.stack.seaweed import Seaweed
from tests.dags.asking import api_server
from tests.social_archive.foia import scenes
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

SAME = {"sec-fetch-site": "same-origin"}
FORM = {"text": "All comments about the parking lot (invented)", "name": "Quentin <b>Harrow</b> (invented)",
        "how": "mail", "received": "", "email": "", "address": "", "organisation": ""}  # fmt: skip


@pytest.fixture(scope="module")
def archive(weed: Seaweed, object_store: StoreConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    config = fresh_buckets(weed, object_store)
    folder = tmp_path_factory.mktemp("desk")
    library = scenes.library(folder, config.bucket)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHIVE_AGENCY", str(library.agency.folder))
        patch.setenv("ARCHIVE_STATE", str(folder / "server"))
        yield library
    library.close()


@pytest.fixture(scope="module")
def server(archive: Archive) -> Iterator[Any]:
    with api_server() as client:
        yield client


def ask(server: Any, method: str, path: str, user: str = "records", role: str = "user", **more: Any) -> httpx.Response:
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token = server.app.state.auth_manager.generate_jwt(SimpleAuthManagerUser(username=user, role=role))
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", SAME)}
    return server.request(method, f"/desk{path}", headers=headers, follow_redirects=True, **more)


def test_a_request_is_received_and_shown_with_its_clock(server: Any, archive: Archive) -> None:
    made = ask(server, "POST", "/requests", data=FORM)

    assert made.status_code == 200, made.text
    assert "Answer by" in made.text
    assert "Quentin &lt;b&gt;Harrow" in made.text
    archive.catalog.catch_up()
    (kept,) = requests.every(archive)
    assert (kept.requester.name, kept.how, kept.file.events[0].by) == (FORM["name"], "mail", "records")
    listed = ask(server, "GET", "/requests")
    assert kept.number in listed.text
    assert "Harrow" not in listed.text
    assert "default-src 'none'" in listed.headers["content-security-policy"]
    assert listed.headers["cache-control"] == "no-store"


def test_an_email_is_taken_as_it_came(server: Any, archive: Archive) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Rhea Example <rhea@example.com>", "Records request"
    mail.set_content("Please send me all posts about the levy. (invented)")
    made = ask(server, "POST", "/requests", data={**FORM, "text": "", "name": "", "how": ""},
               files={"file": ("request.eml", mail.as_bytes(), "message/rfc822")})  # fmt: skip

    assert made.status_code == 200, made.text
    archive.catalog.catch_up()
    kept = requests.every(archive)[-1]
    assert kept.requester.email == "rhea@example.com"
    assert kept.file.events[0].attachments[0].body == mail.as_bytes()


def test_what_is_missing_is_said_and_what_was_typed_is_kept(server: Any, archive: Archive) -> None:
    before = len(requests.every(archive))
    refused = ask(server, "POST", "/requests", data={**FORM, "text": "  "})

    assert refused.status_code == 422
    assert "No words of a request" in refused.text
    assert "Quentin &lt;b&gt;Harrow" in refused.text
    archive.catalog.catch_up()
    assert len(requests.every(archive)) == before


def test_nobody_else_gets_in(server: Any) -> None:
    assert server.get("/desk/requests").status_code == 401
    assert server.get("/desk/").status_code == 401
    assert ask(server, "GET", "/requests", user="eve", role="viewer").status_code == 403
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert ask(server, "POST", "/requests", data=FORM, headers=elsewhere).status_code == 403
    stranger = ask(server, "POST", "/requests", user="stranger", data=FORM)
    assert stranger.status_code == 422
    assert "nobody" in stranger.text
    assert ask(server, "GET", "/requests/1999-001").status_code == 404
