"""The page: one page, PDF/A and accessible, whatever stands in it; and nothing in it is taken for markup."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
import typst

from social_archive.coverage import encode
from social_archive.documents import typesetting
from social_archive.documents.coverage import content, page
from tests.social_archive.statements import statement

MARKUP = '#panic("x") [*b*] $x$ \\ @ref <l> `r` #sys.inputs // /* "'
TEMPLATES = Path(typesetting.__file__).parent


def typeset(stated: dict[str, Any]) -> bytes:
    return page(stated, encode(stated))


def objects(pdf: bytes) -> bytes:
    """The PDF with its streams unpacked."""
    unpacked = []
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            unpacked.append(zlib.decompress(found[1]))
        except zlib.error:
            continue
    return pdf + b"".join(unpacked)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", objects(pdf)))


def shown(stated: dict[str, Any]) -> str:
    """The words on the page, as the template has put them there."""
    data = json.dumps(typesetting._printable(content(stated, "0" * 64)))
    return str(typst.compile(str(TEMPLATES / "coverage.typ"), root=str(TEMPLATES), sys_inputs={"data": data},
                             format="svg", ignore_system_fonts=True))  # fmt: skip


def test_it_is_one_page_of_pdf_a_with_tags_a_title_and_a_language() -> None:
    made = typeset(statement())
    inside = objects(made)
    assert made.startswith(b"%PDF-1.7")
    assert pages(made) == 1
    for mark in (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A</pdfaid:conformance>",
                 b"<pdfuaid:part>1</pdfuaid:part>", b"/MarkInfo", b"/StructTreeRoot", b"/Lang", b"/Alt"):  # fmt: skip
        assert mark in inside, mark


def test_the_same_statement_gives_the_same_page() -> None:
    assert typeset(statement()) == typeset(statement())


def test_an_empty_statement_is_a_page_too() -> None:
    looks = {**statement()["looks"], "kept": 0, "outcomes": {}, "first_complete": None, "last_complete": None,
             "longest_interval_seconds": None, "times": []}  # fmt: skip
    nothing = statement(looks=looks, asked=[], totals=[], records={"created": {}, "observed": {}}, absent={}, gaps=[],
                        quarantine={"open": 0})  # fmt: skip
    assert pages(typeset(nothing)) == 1


def worst() -> dict[str, Any]:
    reasons = ["login_expired", "scope_lost", "account_gone", "throttled", "unintelligible", "cursor_loop",
               "platform_error"]  # fmt: skip
    threads = ["thread_limit", "thread_too_large", "replies_withheld", "blocked_replies", "posts_withheld"]
    gaps = [
        {"reason": reason, "from": f"2026-0{1 + n % 9}-01T00:00:00Z", "to": None, "closed": False, "scope": scope,
         "rid": "0"}
        for scope, kinds in (("account", reasons * 5), ("thread", threads * 40)) for n, reason in enumerate(kinds)
    ]  # fmt: skip
    states = {"present": 10**6, "hidden": 10**5, "deleted": 10**6, "account_gone": 10**4}
    counts = dict.fromkeys(("post", "comment", "reply", "story", "profile", "setting"), states)
    endpoints = [{"kind": "thread", "endpoint": f"https://api.social.example/{'longpath/' * 6}{n}", "looks": 1,
                  "pages": 10**6, "items": 10**7} for n in range(60)]  # fmt: skip
    names = ("posts", "posts_and_replies", "comments", "comments_and_replies", "something_else")
    totals = [{"name": n, "platform": 10**6, "stored": 10**6 - 1, "at": "2026-11-16T11:00:00Z"} for n in names]
    account = {"platform": "mastodon", "name": "l" * 63, "handle": "a-very-long-handle@" + "social." * 9 + "example"}
    body = "The Board of Library Trustees of the Invented Village " * 2
    return statement(account=account, body=body, asked=endpoints, totals=totals,
                     records={"created": counts, "observed": counts}, gaps=gaps,
                     absent={"deleted": 10**6, "account_gone": 5, "missing_unconfirmed": 9})  # fmt: skip


def test_the_fullest_statement_stays_on_one_page() -> None:
    assert pages(typeset(worst())) == 1


@pytest.mark.parametrize("place", ["body", "handle", "claim", "endpoint", "total", "reason"])
def test_text_is_shown_and_never_taken_for_markup(place: str) -> None:
    stated = statement()
    plain = len(shown(stated))
    if place == "body":
        stated["body"] = MARKUP
    elif place == "handle":
        stated["account"]["handle"] = MARKUP
    elif place == "claim":
        stated["claim"]["can"].append(MARKUP)
    elif place == "endpoint":
        stated["asked"][0]["endpoint"] = MARKUP
    elif place == "total":
        stated["totals"][0]["name"] = MARKUP
    else:
        stated["gaps"][0]["reason"] = MARKUP
    assert pages(typeset(stated)) == 1
    assert len(shown(stated)) > plain  # a call or a comment would have shown nothing


def test_letters_that_the_fonts_lack_are_shown_by_their_code() -> None:
    stated = statement(body="Bibliothèque Łódź Ελλάδα Книга 図書館 😀 \u202eevil")
    assert pages(typeset(stated)) == 1
    printable = typesetting._printable({"body": stated["body"]})["body"]
    assert printable == (
        "Bibliothèque Łódź Ελλάδα Книга ‹U+56F3›‹U+66F8›‹U+9928› ‹U+1F600› ‹U+202E›evil"
    )


def test_every_letter_that_counts_as_printable_is_in_the_fonts() -> None:
    letters = "".join(chr(code) for code in range(0x20, 0x3000) if not typesetting._SHOWN.match(chr(code)))
    assert len(letters) > 400
    assert pages(typeset(statement(body=letters))) >= 1
