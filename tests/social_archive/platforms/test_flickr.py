"""flickr: what is asked, what is made of the answers, and what an absence may be taken for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from social_archive.config import StoreConfig
from social_archive.errors import (
    AccountGone,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Throttled,
    Unintelligible,
)
from social_archive.platforms import flickr as flickr_module
from social_archive.platforms.base import Page, Scale, Target
from social_archive.platforms.flickr import Flickr
from social_archive.platforms.http import Http
from social_archive.record import Observation, Unreadable, evidential_digest
from tests.contracts import flickr as contract
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving
from tests.social_archive.platforms.living import living

SECRETS = {
    "api_key": "CANARY-flickr-key", "api_secret": "CANARY-flickr-secret", "oauth_token": "CANARY-flickr-token",
    "oauth_token_secret": "CANARY-flickr-token-secret",
}  # fmt: skip
OWNER = "12037949754@N01"
LOGIN = json_reply({"user": {"id": OWNER, "username": {"_content": "Larkspur"}}, "stat": "ok"})
PERSON = {
    "nsid": OWNER, "iconserver": "122", "iconfarm": 1, "username": {"_content": "Larkspur"},
    "realname": {"_content": "Larkspur Public Library"}, "photosurl": {"_content": "https://www.flickr.com/photos/lark/"},
    "description": {"_content": "A chair &amp; <b>books</b>. <a href=\"https://larkspur.example\">us</a>"},
    "photos": {"count": {"_content": 3}},
}  # fmt: skip
HTML = {"Content-Type": "text/html"}


def failed(code: int) -> Reply:
    return json_reply({"stat": "fail", "code": code, "message": "words that are not ours"})


def by_method(methods: Mapping[str, Reply | Callable[[Asked], Reply]]) -> Callable[[Asked], Reply]:
    known = {
        "flickr.test.login": LOGIN,
        "flickr.people.getInfo": json_reply({"person": PERSON, "stat": "ok"}), **methods,
    }  # fmt: skip

    def answer(asked: Asked) -> Reply:
        reply = known.get(asked.query["method"], failed(112))
        return reply if isinstance(reply, Reply) else reply(asked)

    return answer


def adapter(at: Server | None, handle: str = "lark", secrets: Mapping[str, str] = SECRETS, **settings: Any) -> Flickr:
    server = at.url if at else "http://127.0.0.1:9"
    target = Target("main", handle, {"server": server, "insecure_local": True, **settings}, secrets)
    clock = Clock()
    return Flickr(target, Http(base_url=server, pace=Flickr.pace, secrets=tuple(secrets.values()),
                               clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall))  # fmt: skip


def comment(n: int, photo: str = "53", **more: Any) -> dict[str, Any]:
    return {
        "id": f"7-{photo}-{n}", "author": "9@N02", "authorname": "mara", "datecreate": "1700000000",
        "permalink": f"https://www.flickr.com/photos/lark/{photo}/#comment{n}", "_content": f"invented {n}", **more,
    }  # fmt: skip


def comments(*found: dict[str, Any], photo: str = "53") -> Reply:
    return json_reply({"comments": {"photo_id": photo, **({"comment": list(found)} if found else {})}, "stat": "ok"})


def photos(page: int, pages: int, total: int | str, *ids: str) -> Reply:
    listed = [{"id": i, "owner": OWNER, "secret": "s", "server": "1", "title": "t", "ispublic": 1} for i in ids]
    return json_reply({"photos": {"page": page, "pages": pages, "total": total, "photo": listed}, "stat": "ok"})


def page(body: bytes, kind: str = "thread", **context: Any) -> Page:
    return Page(kind=kind, endpoint="https://api.flickr.com/x", body=body, response_sha256="aa", http_date=None,  # type: ignore[arg-type]
                observed_at=7, context={"owner": OWNER, "photo": "53", **context})  # fmt: skip


# --------------------------------------------------------------------------- parsing


def test_a_comment_is_html_and_becomes_text_and_links() -> None:
    markup = 'See <a href="https://larkspur.example/x?a=1&amp;b=2">here</a> &amp; &quot;there&quot;\nhttps://b.example.'
    (found,) = adapter(None).records(page(comments(comment(1, _content=markup)).body))
    assert isinstance(found, Observation)
    assert (found.body, found.body_html) == ('See here & "there"\nhttps://b.example.', markup)
    assert found.links == ("https://larkspur.example/x?a=1&b=2", "https://b.example")
    assert (found.kind, found.parent_native_id, found.root_native_id, found.state) == ("comment", "53", "53", "present")
    assert (found.created_at, found.created_at_text) == (1_700_000_000_000_000, "1700000000")


def test_somebody_who_left_is_said_to_have_left_and_the_owner_is_known() -> None:
    body = comments(comment(1, author_is_deleted=1), comment(2, author=OWNER, author_is_deleted=0)).body
    gone, own = adapter(None).records(page(body))
    assert isinstance(gone, Observation)
    assert isinstance(own, Observation)
    assert (gone.flags, gone.author_is_account) == (("author_deleted",), False)
    assert (own.flags, own.author_is_account) == ((), True)


def test_a_photograph_in_a_list_and_alone_is_the_same_record() -> None:
    listed = {
        "id": "53", "owner": OWNER, "secret": "abc", "server": "7", "farm": 66, "title": "The window & us",
        "ispublic": 0, "isfriend": 1, "isfamily": 0, "description": {"_content": "Mended. <b>At last</b>"},
        "dateupload": "1700000000", "lastupdate": "1700009999", "ownername": "L", "tags": "window glass",
        "originalsecret": "orig", "originalformat": "png", "url_o": "https://live.staticflickr.com/7/53_orig_o.png",
    }  # fmt: skip
    alone = {
        "id": "53", "secret": "abc", "server": "7", "farm": 66, "originalsecret": "orig", "originalformat": "png",
        "owner": {"nsid": OWNER, "username": "L", "realname": "Library"}, "title": {"_content": "The window & us"},
        "description": {"_content": "Mended. <b>At last</b>"}, "comments": {"_content": "4"},
        "visibility": {"ispublic": 0, "isfriend": 1, "isfamily": 0},
        "dates": {"posted": "1700000000", "lastupdate": "1700000001"},
        "tags": {"tag": [{"raw": "Glass", "_content": "glass"}, {"raw": "Window", "_content": "window"},
                         {"_content": "geo:x=1", "machine_tag": 1}]},
    }  # fmt: skip
    ours = adapter(None)
    (one,) = ours.records(page(json.dumps({"photos": {"photo": [listed]}, "stat": "ok"}).encode(), "posts"))
    (two,) = ours.records(page(json.dumps({"photo": alone, "stat": "ok"}).encode(), "item"))
    assert isinstance(one, Observation)
    assert isinstance(two, Observation)
    assert evidential_digest(one) == evidential_digest(two)
    assert one.body == "The window & us\n\nMended. At last\n\n#glass #window"
    assert (one.state, one.flags, one.edited_at) == ("hidden", ("friends",), None)
    assert (one.media[0].url, two.media[0].url) == (
        "https://live.staticflickr.com/7/53_orig_o.png", "https://live.staticflickr.com/7/53_orig_o.png",
    )  # fmt: skip
    assert two.replies == 4


def test_a_replaced_picture_is_another_picture() -> None:
    ours = adapter(None)
    digests = set()
    for secret in ("first", "second"):
        photo = {"id": "53", "owner": {"nsid": OWNER}, "secret": secret, "server": "7", "title": {"_content": "t"}}
        (found,) = ours.records(page(json.dumps({"photo": photo, "stat": "ok"}).encode(), "item"))
        assert isinstance(found, Observation)
        digests.add(evidential_digest(found))
    assert len(digests) == 2


def test_the_profile_is_read() -> None:
    with serving(answer=by_method({})) as server:
        ours = adapter(server)
        (found,) = [o for p in ours.profile() for o in ours.records(p)]
        assert ours.totals() == {"posts": 3}
    assert isinstance(found, Observation)
    assert (found.kind, found.author_name, found.body) == ("profile", "Larkspur Public Library", "A chair & books. us")
    assert found.links == ("https://larkspur.example",)
    assert found.media[0].url.endswith(f"/122/buddyicons/{OWNER}.jpg")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"id":"7-53-1","id":"7-53-1","datecreate":"1","authorname":"a","_content":"x"}', "duplicate_key"),
        (b'{"id":1.5e18,"datecreate":"1","authorname":"a","_content":"x"}', "id_not_exact"),
        (b'{"datecreate":"1","authorname":"a","_content":"x"}', "id_missing"),
        (b'{"id":"7-53-1","datecreate":NaN,"authorname":"a","_content":"x"}', "not_finite"),
        (b'{"id":"7-53-1","_content":"x"}', "unknown_kind"),
        (b'"text"', "not_an_object"),
    ],
)
def test_one_bad_item_goes_to_quarantine_alone(raw: bytes, reason: str) -> None:
    good = json.dumps(comment(2)).encode()
    body = b'{"comments":{"photo_id":"53","comment":[' + raw + b"," + good + b']},"stat":"ok"}'
    bad, fine = adapter(None).records(page(body))
    assert isinstance(bad, Unreadable)
    assert (bad.reason, bad.native) == (reason, raw)
    assert isinstance(fine, Observation)
    assert fine.native == good
    again = adapter(None).reparse(good, page(b"", "item"))
    assert isinstance(again, Observation)
    assert evidential_digest(again) == evidential_digest(fine)


def test_ids_keep_every_digit_and_odd_text_stays() -> None:
    raw = b'{"id":9223372036854775809123,"datecreate":1700000000,"authorname":"a","_content":"a\\u0000b \\ud83d"}'
    (found,) = adapter(None).records(page(b'{"comments":{"comment":[' + raw + b']},"stat":"ok"}'))
    assert isinstance(found, Observation)
    assert found.native_id == "9223372036854775809123"
    assert found.body == "a\x00b \ufffd"
    assert found.flags == ("text_repaired",)


# --------------------------------------------------------------------------- what is asked


def test_no_secret_is_in_an_address_and_each_request_is_signed() -> None:
    with serving(answer=by_method({})) as server:
        list(adapter(server).profile())
        assert [a.query["method"] for a in server.asked] == ["flickr.test.login", "flickr.people.getInfo"]
        for asked in server.asked:
            assert not any(secret in str(asked.query) for secret in SECRETS.values())
            assert 'oauth_signature_method="HMAC-SHA1"' in asked.headers["authorization"]
            assert SECRETS["api_secret"] not in asked.headers["authorization"]
            assert SECRETS["oauth_token_secret"] + '"' not in asked.headers["authorization"]


def test_all_pages_are_read_and_what_changed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(asked: Asked) -> Reply:
        number = int(asked.query["page"])
        return photos(number, 2, "3", *(("3", "2") if number == 1 else ("1",)))

    methods = {"flickr.people.getPhotos": listed, "flickr.photos.recentlyUpdated": photos(1, 1, 1, "1")}
    with serving(answer=by_method(methods)) as server:
        ours = adapter(server)
        first = [o.native_id for p in ours.posts(None) for o in ours.records(p)]  # type: ignore[union-attr]
        pages = list(ours.posts(1_700_000_000_000_000))
        asked = [(a.query["method"], a.query.get("min_upload_date"), a.query.get("min_date")) for a in server.asked[4:]]
    assert first == ["3", "2", "1"]
    assert [p.shortfall for p in pages] == [None, None, None]
    assert asked == [
        ("flickr.people.getPhotos", "1700000000", None), ("flickr.people.getPhotos", "1700000000", None),
        ("flickr.photos.recentlyUpdated", None, "1700000000"),
    ]  # fmt: skip


def test_photographs_that_are_counted_and_not_shown_are_a_shortfall() -> None:
    with serving(answer=by_method({"flickr.people.getPhotos": photos(1, 1, 4001, "1", "2")})) as server:
        assert [p.shortfall for p in adapter(server).posts(None)] == ["photographs_kept_back"]


def test_an_empty_account_is_no_loop() -> None:
    with serving(answer=by_method({"flickr.people.getPhotos": photos(1, 0, 0)})) as server:
        assert [p.shortfall for p in adapter(server).posts(None)] == [None]


def test_a_page_that_is_another_one_is_a_loop() -> None:
    with serving(answer=by_method({"flickr.people.getPhotos": photos(1, 9, 9, "1")})) as server, \
         pytest.raises(CursorLoop):  # fmt: skip
        list(adapter(server).posts(None))


def test_a_photograph_without_comments_has_no_list_of_them() -> None:
    with serving(answer=by_method({"flickr.photos.comments.getList": comments()})) as server:
        ours = adapter(server)
        assert [list(ours.records(p)) for p in ours.thread("53")] == [[]]
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("first", "second", "shown", "shortfall"),
    [
        (range(99), None, 99, None),  # shorter than a page: whole, and nothing more is asked
        (range(500), range(500, 620), 620, None),  # paged as asked
        (range(100), range(100), 100, "comment_page_cap"),  # the same again: there may be more than is shown
        (range(730), range(730), 730, None),  # everything at once, whatever was asked
        (range(500), range(0), 500, None),  # exactly one page
    ],
)
def test_a_long_list_of_comments_is_followed_to_its_end(
    first: range, second: range | None, shown: int, shortfall: str | None
) -> None:
    def answer(asked: Asked) -> Reply:
        page_asked = int(asked.query["page"])
        found = first if page_asked == 1 else second if page_asked == 2 and second is not None else range(0)
        return comments(*(comment(n) for n in found))

    with serving(answer=by_method({"flickr.photos.comments.getList": answer})) as server:
        ours = adapter(server)
        pages = list(ours.thread("53"))
        ids = {o.native_id for p in pages for o in ours.records(p) if isinstance(o, Observation)}
    assert len(ids) == shown
    assert pages[0].shortfall == shortfall


# --------------------------------------------------------------------------- one by its id


def test_only_flickrs_word_makes_a_photograph_deleted() -> None:
    with serving(answer=by_method({"flickr.photos.getInfo": failed(1)})) as server:
        sighting = adapter(server).item("53")
    assert (sighting.state, sighting.observation) == ("deleted", None)
    assert json.loads(sighting.page.body)["code"] == 1


def test_a_missing_comment_is_missing_and_one_of_a_deleted_photograph_is_deleted() -> None:
    with serving(answer=by_method({"flickr.photos.comments.getList": comments(comment(2))})) as server:
        ours = adapter(server)
        assert ours.item("7-53-1").state == "missing_unconfirmed"
        found = ours.item("7-53-2")
        assert found.observation is not None
        assert found.observation.native_id == "7-53-2"
        assert len(server.asked) == 3, "one list answers for all that are missing from it"
    methods = {"flickr.photos.comments.getList": failed(1), "flickr.photos.getInfo": failed(1)}
    with serving(answer=by_method(methods)) as server:
        assert adapter(server).item("7-53-1").state == "deleted"


# --------------------------------------------------------------------------- saying no


@pytest.mark.parametrize(
    ("code", "error", "word"),
    [(96, LoginExpired, "signature"), (98, LoginExpired, "login"), (100, LoginExpired, "key"), (99, ScopeLost, "read"),
     (112, Unintelligible, "112")],
)  # fmt: skip
def test_failures_inside_http_200_are_understood(code: int, error: type[Exception], word: str) -> None:
    with serving(answer=by_method({"flickr.test.login": failed(code)})) as server:
        ours = adapter(server)
        with pytest.raises(error, match=word):
            list(ours.profile())
        (problem,) = ours.check()
        assert problem.remedy
        assert "words that are not ours" not in problem.what


def test_an_account_that_flickr_does_not_know_is_gone() -> None:
    with serving(answer=by_method({"flickr.people.getInfo": failed(1)})) as server, pytest.raises(AccountGone):
        list(adapter(server).profile())


@pytest.mark.parametrize("handle", ["lark", "@Lark", OWNER, "larkspur"])
def test_an_account_is_known_by_each_of_its_names(handle: str) -> None:
    with serving(answer=by_method({})) as server:
        assert adapter(server, handle).check() == []


def test_the_login_of_somebody_else_is_refused() -> None:
    with serving(answer=by_method({})) as server:
        (problem,) = adapter(server, "somebody").check()
    assert "another account" in problem.what


def test_what_is_missing_is_said_one_by_one() -> None:
    problems = adapter(None, secrets={"api_key": "CANARY-flickr-key"}).check()
    assert [p.what.split("`")[1] for p in problems] == ["api_secret", "oauth_token", "oauth_token_secret"]


def test_a_429_in_html_parks_for_the_hour_and_is_not_tried_again() -> None:
    with serving(Reply(429, b"<html>429</html>", HTML)) as server:
        with pytest.raises(Throttled) as caught:
            list(adapter(server).profile())
        assert len(server.asked) == 1
    assert caught.value.regain_at.timestamp() == pytest.approx(1_800_000_000 + 3600)


def test_code_105_is_waited_for() -> None:
    with serving(failed(105), LOGIN, json_reply({"person": PERSON, "stat": "ok"})) as server:
        ours = adapter(server)
        assert len(list(ours.profile())) == 1
        assert ours.http._sleep.__self__.naps[0] >= 30  # type: ignore[attr-defined]


def test_a_budget_of_ones_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answer=by_method({"flickr.photos.comments.getList": comments()})) as server:
        ours = adapter(server, hourly_queries=3)
        list(ours.thread("53"))
        with pytest.raises(Throttled):
            list(ours.thread("54"))
        assert len(server.asked) == 3
        monkeypatch.setattr(flickr_module.time, "monotonic", lambda: ours._hour_began + 3601)
        list(ours.thread("54"))


def test_an_estimate_says_queries_and_hours() -> None:
    found = adapter(None, hourly_queries=100).estimate(Scale(posts=1000, comments=0, watched=250, first=True))
    assert found.requests == 258
    assert found.sentence.startswith("About 258 of the 100 queries that an hour allows, so it takes 3 hours; nothing")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>soon back</html>", HTML), Reply(200, b""), Reply(200, b'{"photos":{"page":1,"pho'),
        Reply(200, b'{"photos":{"page":NaN,"photo":[]},"stat":"ok"}'), Reply(200, b'{"stat":"ok"}'),
        Reply(200, b'{"photos":{"page":1,"page":1,"pages":1,"total":0,"photo":[]},"stat":"maybe"}'),
        Reply(200, b"[]"), Reply(500, b"oops", HTML),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_never_no_photographs(reply: Reply) -> None:
    with serving(answer=by_method({"flickr.people.getPhotos": reply})) as server:
        ours = adapter(server)
        with pytest.raises(PlatformError):
            [record for found in ours.posts(None) for record in ours.records(found)]


# --------------------------------------------------------------------------- the contract itself


def test_the_contract_notices_what_it_must() -> None:
    path, query = "/services/rest/", {"method": "flickr.photos.comments.getList", "photo_id": "53", "format": "json"}
    assert contract.unknown_parameters(path, query) == []
    assert contract.unknown_parameters(path, {**query, "since": "1"}) == ["since"]
    assert contract.unknown_parameters(path, {"method": "flickr.photos.comments.getList"}) == ["photo_id is missing"]
    assert contract.unknown_parameters(path, {"method": "flickr.comments.all"}) == ["method=flickr.comments.all"]
    asked = {"method": "flickr.people.getPhotos", "user_id": "me", "extras": "tags,likes", "per_page": "501"}
    assert contract.unknown_parameters(path, asked) == ["extras=likes", "per_page"]
    good = json.loads(comments(comment(1)).body)
    assert contract.problems_of(path, query, good) == []
    for wrong in ({"likes": 1}, {"datecreate": ["1"]}, {"_content": None}):
        told = json.loads(comments(comment(1, **wrong)).body)
        assert len(contract.problems_of(path, query, told)) == 1, wrong
    assert contract.problems_of(path, query, {"stat": "fail", "code": 7, "message": "?"})
    assert contract.problems_of(path, query, {"comments": [], "stat": "ok"})


# --------------------------------------------------------------------------- a whole harvest


@pytest.mark.slow
def test_what_happens_to_an_old_photograph_is_seen(buckets: StoreConfig, tmp_path: Path) -> None:
    """Long before the watch window nothing is read by date; `recentlyUpdated` still brings it in."""
    with living("flickr", buckets, tmp_path) as place:
        photographs = [t for t in place.truth() if not t["parent"] and t["state"] == "present"]
        commented, withdrawn = (t["id"] for t in sorted(photographs, key=lambda t: t["created"])[:2])
        said = place.control.reply(commented, "mara", "I was there! (invented)")["id"]
        report = place.harvest()
        assert (report.outcome, report.new, report.changed) == ("ok", 1, 0)
        assert [body for _, body in place.history(said)] == ["I was there! (invented)"]
        place.control.hide(withdrawn)
        place.control.reply(withdrawn, "mara", "Where did it go? (invented)")  # moves its time of update
        place.control.delete(said)
        place.harvest()
        assert [state for state, _ in place.history(withdrawn)] == ["present", "hidden"]
        place.control.reply(commented, "mara", "Another one. (invented)")
        place.harvest()
        assert [state for state, _ in place.history(said)] == ["present", "missing_unconfirmed"]
        assert place.harvest().wrote == 0
