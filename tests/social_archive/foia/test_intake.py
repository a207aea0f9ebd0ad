"""A request out of an e-mail or a text: its own words, who and when. Hostile ones end in a sentence."""

from __future__ import annotations

import time
from datetime import date
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import intake, requests
from social_archive.foia.intake import read_mail, take
from social_archive.foia.request_file import RequestRefused
from social_archive.foia.requests import Requester
from social_archive.stack.seaweed import Seaweed
from tests.social_archive.foia.scenes import library
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

FROM = b'From: "Quentin Harrow (invented)" <q.harrow@example.com>\n'


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, object_store: StoreConfig, weed: Seaweed) -> Archive:
    config = fresh_buckets(weed, object_store)
    return library(tmp_path_factory.mktemp("intake"), config.bucket)


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"] = '"Quentin Harrow (invented)" <q.harrow@example.com>'
    made["Subject"] = "Records \u2013 the lot"
    made["Date"] = "Mon, 05 Oct 2026 10:00:00 -0500"
    made.set_content("All comments about the parking lot, please.")
    made.add_alternative("<p>All <b>of it</b></p><script>steal()</script>", subtype="html")
    made.add_attachment(b"%PDF- all of it", maintype="application", subtype="pdf", filename="../../request.pdf")
    return made


# --------------------------------------------------------------------------- what is read


def test_the_plain_text_is_the_request_and_attachments_stay_closed() -> None:
    read = read_mail(message().as_bytes())
    assert (read.text, read.subject) == ("All comments about the parking lot, please.", "Records \u2013 the lot")
    assert (read.requester.name, read.requester.email) == ("Quentin Harrow (invented)", "q.harrow@example.com")
    assert read.attached == 1


def test_markup_is_read_as_text_where_there_is_nothing_else() -> None:
    made = EmailMessage()
    made.set_content(
        "<p>All comments</p><style>x</style><script>steal()</script><p>of May &amp; June</p>", subtype="html"
    )
    assert read_mail(made.as_bytes()).text == "All comments\nof May & June"


def test_a_message_forwarded_as_a_file_is_an_attachment() -> None:
    made = EmailMessage()
    made.set_content("See below.")
    made.add_attachment(message())
    read = read_mail(made.as_bytes())
    assert (read.text, read.attached) == ("See below.", 1)


@pytest.mark.parametrize(
    ("headers", "day", "how"),
    [
        # The body's own server stamped it after the sender's clock said, and its evening is the next day in UTC.
        (b"Received: from a by b; Mon, 5 Oct 2026 23:30:00 -0500\nReceived: from x; Thu, 1 Oct 2026 00:00:00 +0000\n"
         b"Date: Sun, 4 Oct 2026 10:00:00 -0500\n", date(2026, 10, 5), "received"),
        (b"Received: by nobody, nowhere\nDate: Tue, 6 Oct 2026 02:00:00 +0000\n", date(2026, 10, 5), "date"),
        (b"Date: Mon, 99 Feb 99999 10:00:00 +9999\n", None, "today"),
    ],
)  # fmt: skip
def test_the_day_of_receipt_is_on_the_bodys_own_calendar(
    headers: bytes, day: date | None, how: str, archive: Archive
) -> None:
    taken = take(archive, FROM + headers + b"\nAll of it", email=True)
    assert (taken.incoming.received, taken.day_from) == (day or requests.today(archive), how)
    asked = date(2026, 10, 7)
    assert take(archive, FROM + headers + b"\nAll of it", email=True, received=asked).incoming.received == asked


def test_a_stamp_that_cannot_be_right_needs_a_person(archive: Archive) -> None:
    for year in (2099, 1970):
        with pytest.raises(RequestRefused, match="stamp"):
            take(archive, FROM + b"Date: Mon, 5 Oct %d 10:00:00 -0500\n\nAll of it" % year, email=True)


def test_what_is_given_wins_and_a_text_file_is_a_request_too(archive: Archive) -> None:
    text = "Alle \u00c4u\u00dferungen zum Parkplatz".encode("utf-16")
    incoming = take(archive, text, email=False, requester=Requester("Jo Doe (invented)"), how="mail").incoming
    assert (incoming.text, incoming.requester.name) == ("Alle \u00c4u\u00dferungen zum Parkplatz", "Jo Doe (invented)")
    assert (incoming.how, incoming.received) == ("mail", requests.today(archive))
    mail = take(archive, message().as_bytes(), email=True, requester=Requester("", address="1 Example Lane")).incoming
    assert mail.requester == Requester("Quentin Harrow (invented)", "q.harrow@example.com", "1 Example Lane")
    assert b"request.pdf" in mail.files[0].body, "the original is kept whole, with what is attached"


# --------------------------------------------------------------------------- what is hostile

HOSTILE = {
    "levels": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(3000)),
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nhi\n" * 100_000,
    "header": b"From: " + b'("' * 500_000 + b"\nSubject: " + b"=?utf-8?q?" * 100_000 + b"\n\nhi",
    "comments": b"From: " + b"(" * 900 + b"\n\nhi",
    "parameters": b"Content-Type: text/plain; " + b"a*0*=" * 100_000 + b"\n\nhi",
    "charset": b'Content-Type: text/plain; charset="\x00../etc"\nContent-Transfer-Encoding: base64\n\n!!!!',
    "lines": b"From: a@example.com\n\n" + b"\n" * 3_000_000,
    "nothing": b"",
    "bytes": bytes(range(256)) * 4_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_end_in_a_request_or_a_sentence_and_soon(name: str, archive: Archive) -> None:
    began = time.monotonic()
    taken = ended = None
    try:
        taken = take(archive, HOSTILE[name], email=True).incoming
    except RequestRefused as error:
        ended = error
    assert time.monotonic() - began < 5
    assert taken is None or (0 < len(taken.text) <= requests.LONGEST and "\x1b" not in taken.text)
    assert taken is None or len(taken.requester.name) <= 200
    assert (taken is None) == (ended is not None and "--text" in ended.remedy)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([
    b"From: a@example.com", b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: text/html; charset=utf-7",
    b"Content-Transfer-Encoding: quoted-printable", b"--b", b"--b--", b"", b"=ZZ=", b"<p onclick=x>hi</p>", b"\x00\xff",
    b"Content-Type: message/rfc822", b"Content-Disposition: attachment; filename*0=", b"Received: ;", b"Date: now",
]), max_size=25))  # fmt: skip
def test_no_message_makes_reading_fail(lines: list[bytes]) -> None:
    read = read_mail(b"\n".join(lines))
    assert not any(char in read.text for char in "\x00\x1b\r")
    assert read.attached >= 0


def test_a_file_that_is_too_large_is_not_taken_in(archive: Archive) -> None:
    with pytest.raises(RequestRefused, match="20 MB"):
        take(archive, b"x" * (intake.LARGEST + 1), email=True)
    with pytest.raises(RequestRefused, match="characters"):
        take(archive, b"x" * (requests.LONGEST + 1), email=False)
    with pytest.raises(RequestRefused, match="No words"):
        take(archive, b" \n", email=False)
