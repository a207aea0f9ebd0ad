"""Pages that a profile links to are read as a visitor reads them, and never lead inside."""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Iterator

import pytest

from social_archive.policy.notice import page as notice_page
from social_archive.policy.notice.page import MOST_BYTES, Unread, fetch, readable
from tests.social_archive.policy.web import Answer, Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as running:
        yield running


def refused(address: str, **how: bool) -> str:
    with pytest.raises(Unread) as unread:
        fetch(address, pause=0, **{"allow_local": True, **how})
    assert unread.value.said.endswith(".")
    return unread.value.code


def test_a_page_is_kept_as_it_was_served_and_read_as_it_is_shown(web: Web) -> None:
    head = "<html><head><title>T</title><script>alert(1)</script></head>"
    markup = f"{head}<body><p>A &amp; b</p><p>c</body></html>"
    page = fetch(web.put("/policy", markup), allow_local=True)
    assert (page.text, page.body, page.mime) == ("A & b\nc", markup.encode(), "text/html")
    assert page.sha256 == hashlib.sha256(markup.encode()).hexdigest()


def test_redirects_are_followed_to_where_they_end(web: Web) -> None:
    web.redirect("/short", "/long")
    web.put("/long", "<p>here")
    page = fetch(web.url + "/short", allow_local=True)
    assert (page.asked, page.address, page.text) == (f"{web.url}/short", f"{web.url}/long", "here")


def test_what_cannot_be_a_page_says_why(web: Web) -> None:
    web.redirect("/loop", "/loop")
    web.pages["/file"] = Answer(b"%PDF", headers={"Content-Type": "application/pdf"})
    web.pages["/large"] = Answer(b"a" * (MOST_BYTES + 1))
    web.pages["/bomb"] = Answer(
        gzip.compress(b"a" * (MOST_BYTES + 1)), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}
    )
    web.pages["/odd"] = Answer(b"x", headers={"Content-Type": "text/html", "Content-Encoding": "br"})
    codes = {path: refused(web.url + path) for path in ("/gone", "/loop", "/file", "/large", "/bomb", "/odd")}
    assert codes == {
        "/gone": "status_404", "/loop": "redirects", "/file": "not_text", "/large": "too_large", "/bomb": "too_large",
        "/odd": "encoding",
    }  # fmt: skip
    assert refused("http://127.0.0.1:9/") == "no_answer"


def test_a_page_that_is_packed_is_unpacked(web: Web) -> None:
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    web.pages["/packed"] = Answer(gzip.compress(b"<p>open"), headers=headers)
    assert fetch(web.url + "/packed", allow_local=True).text == "open"


def test_a_hiccup_of_the_server_is_asked_again(web: Web) -> None:
    web.pages["/late"] = Answer(status=503)
    assert refused(web.url + "/late") == "status_503"
    assert web.asked == ["/late", "/late"]
    assert refused(web.url + "/gone") == "status_404"
    assert web.asked.count("/gone") == 1


@pytest.mark.parametrize("address", [
    "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest", "http://192.168.1.1/",
    "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://0.0.0.0/", "http://224.0.0.1/", "http://2130706433/",
])  # fmt: skip
def test_an_address_inside_is_not_asked(address: str) -> None:
    assert refused(address, allow_local=False) == "private_address"


def test_a_page_outside_that_redirects_inside_leads_nowhere(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.redirect("/policy", f"{web.url}/secret")
    outside = {"library.example": "127.0.0.1"}  # a name whose address counts as one outside, for its first request

    def resolved(host: str, port: int) -> list[str]:
        return [outside.get(host, host)]

    monkeypatch.setattr(notice_page, "_resolved", resolved)
    checked: list[str] = []
    is_outside = notice_page._is_outside

    def first_counts_as_outside(address: str) -> bool:
        checked.append(address)
        return len(checked) == 1 or is_outside(address)

    monkeypatch.setattr(notice_page, "_is_outside", first_counts_as_outside)
    address = web.url.replace("127.0.0.1", "library.example") + "/policy"
    assert refused(address, allow_local=False) == "private_address"
    assert web.asked == ["/policy"], "the page inside was never asked for"


@pytest.mark.parametrize("address", [
    "file:///etc/passwd", "ftp://example.org/", "http://user:password@example.org/", "http://", "//x", "http://[::1",
])  # fmt: skip
def test_only_plain_addresses_of_the_web_are_opened(address: str) -> None:
    assert refused(address) == "address"


def test_hostile_markup_is_read_in_linear_time() -> None:
    began = time.monotonic()
    for piece in ("<!--", "<a ", "<p>", "</p", "&lt;", "<![CDATA["):
        readable(piece * (200_000 // len(piece)))
    assert time.monotonic() - began < 20


def test_what_nobody_sees_is_not_read() -> None:
    markup = "<p>seen</p><script>x</script><style>y</style><template><p>z</template><noscript>n</noscript><!-- c -->"
    assert readable(markup) == "seen"
    assert readable("<p>1 &lt; 2<br>next") == "1 < 2\nnext"
