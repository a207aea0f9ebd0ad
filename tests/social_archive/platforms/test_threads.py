"""Threads: what is particular to it. That archive and platform agree is in test_every_platform.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from sandbox.control import Control, running
from sandbox.platforms.threads import token_of
from social_archive.errors import CursorLoop, LoginExpired, PlatformError, ScopeLost, Throttled, Unintelligible
from social_archive.platforms.base import Page, PageKind, Scale, Target
from social_archive.platforms.http import Http
from social_archive.platforms.threads import Threads
from social_archive.record import Observation, Unreadable, evidential_digest, now_micros
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving

OWNER, ROOT, REPLY = "7711", "1801", "1802"
ME = {"id": OWNER, "username": "larkspur", "name": "Larkspur (invented)", "threads_biography": "Books."}
DAY = 86_400
EMPTY = {"data": []}
GONE = json_reply({"error": {"message": "Object does not exist", "code": 100, "error_subcode": 33}}, status=400)


def token_told(**changes: Any) -> dict[str, Any]:
    now = now_micros() // 1_000_000
    told = {
        "is_valid": True, "scopes": ["threads_basic", "threads_read_replies"], "issued_at": now - 10 * DAY,
        "expires_at": now + 50 * DAY, "user_id": OWNER,
    }  # fmt: skip
    return {"data": {**told, **changes}}


def post(**changes: Any) -> dict[str, Any]:
    said = {
        "id": ROOT, "media_type": "TEXT_POST", "username": "larkspur", "owner": {"id": OWNER}, "text": "We are open.",
        "timestamp": "2026-03-01T10:00:00+0000", "permalink": "https://www.threads.com/@larkspur/post/a",
        "is_quote_post": False, "has_replies": True,
    }  # fmt: skip
    return {**said, **changes}


def reply(**changes: Any) -> dict[str, Any]:
    said = {
        "id": REPLY, "media_type": "TEXT_POST", "username": "ada.invented", "text": "At last!", "is_reply": True,
        "timestamp": "2026-03-01T11:00:00+0000", "is_reply_owned_by_me": False, "root_post": {"id": ROOT},
        "replied_to": {"id": ROOT}, "hide_status": "NOT_HUSHED", "is_quote_post": False,
    }  # fmt: skip
    return {**said, **changes}


Answers = dict[str, Reply | Callable[[Asked], Reply]]


@contextmanager
def reading(
    answers: Answers, *, handle: str = "larkspur", keep: Callable[[str, str], bool] | None = None,
    clock: Clock | None = None, **settings: Any,
) -> Iterator[tuple[Threads, Server]]:
    """The adapter in front of a server that gives these answers by the end of the path (a good login unless told)."""
    usual: Answers = {
        "/debug_token": json_reply(token_told()), "/me": json_reply(ME), "/me/threads": json_reply({"data": [post()]}),
        "/conversation": json_reply({"data": [reply()]}), "/pending_replies": json_reply(EMPTY),
        f"/{REPLY}": json_reply(reply()), f"/{ROOT}": json_reply(post()),
    }  # fmt: skip

    def answer(asked: Asked) -> Reply:
        known = usual | answers
        ending = max((path for path in known if asked.path.endswith(path)), key=len, default=None)
        found = known[ending] if ending else GONE
        return found(asked) if callable(found) else found

    with (
        serving(answer=answer) as server,
        opened(server.url, "a-token-of-long-life", handle, keep, clock, settings) as threads,
    ):
        yield threads, server


@contextmanager
def opened(
    url: str, token: str, handle: str = "larkspur", keep: Callable[[str, str], bool] | None = None,
    clock: Clock | None = None, settings: dict[str, Any] | None = None,
) -> Iterator[Threads]:
    secrets = {"token": token} if token else {}
    kept = {"keep": keep} if keep else {}
    target = Target("library", handle, {"server": url, "insecure_local": True, **(settings or {})}, secrets, **kept)
    times: dict[str, Any] = {"clock": clock.monotonic, "sleep": clock.sleep, "wall": clock.wall} if clock else {}
    with Http(base_url=url, pace=Threads.pace, secrets=tuple(secrets.values()), budget_seconds=0, **times) as http:
        yield Threads(target, http)


def parsed(kind: PageKind, body: Any, **context: Any) -> list[Observation | Unreadable]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    page = Page(
        kind=kind, endpoint="https://graph.threads.net/x", body=raw, response_sha256="00", http_date=None,
        observed_at=1, context={"owner": OWNER, "username": "larkspur", **context},
    )  # fmt: skip
    return list(Threads.__new__(Threads).records(page))


def one(kind: PageKind, body: Any, **context: Any) -> Observation:
    (found,) = parsed(kind, body if kind in ("item", "profile") else {"data": [body]}, **context)
    assert isinstance(found, Observation)
    return found


# --------------------------------------------------------------------------- reading


def test_a_thing_is_the_same_in_a_list_in_a_conversation_and_by_its_id() -> None:
    pictured = post(
        media_type="CAROUSEL_ALBUM", media_url="https://x.cdninstagram.com/1.jpg?oh=1",
        children={"data": [{"id": "31", "media_url": "https://x.cdninstagram.com/1.jpg?oh=1", "alt_text": "A cat"},
                           {"id": "32", "media_url": "https://x.cdninstagram.com/2.jpg?oh=1"}]},
    )  # fmt: skip
    by_id = json.loads(json.dumps(pictured).replace("oh=1", "oh=2"))
    assert evidential_digest(one("posts", pictured)) == evidential_digest(one("item", by_id))
    assert [(m.id, m.alt) for m in one("item", by_id).media] == [("31", "A cat"), ("32", None)]

    image = {"media_type": "IMAGE", "media_url": "https://x.cdninstagram.com/3.jpg?oh=1"}
    in_conversation = one("thread", reply(**image), root=ROOT)
    with_alt = one("item", reply(**image, alt_text="only by id", poll_attachment={"option_a": "x"}))
    assert evidential_digest(in_conversation) == evidential_digest(with_alt)


def test_who_answers_whom_and_who_we_are() -> None:
    nested = one("thread", reply(id="1803", replied_to={"id": REPLY}, is_reply_owned_by_me=True), root=ROOT)
    assert (nested.kind, nested.parent_native_id, nested.root_native_id) == ("reply", REPLY, ROOT)
    assert (nested.author_is_account, nested.author_id) == (True, OWNER)
    top = one("thread", reply(), root=ROOT)
    assert (top.kind, top.author_is_account, top.author_id) == ("comment", False, None)
    assert top.author_handle == "ada.invented"


@pytest.mark.parametrize(
    ("status", "state", "flag"),
    [("NOT_HUSHED", "present", None), ("UNHUSHED", "present", None), ("HIDDEN", "hidden", None),
     ("COVERED", "hidden", "covered"), ("BLOCKED", "hidden", "blocked"), ("RESTRICTED", "hidden", "restricted"),
     ("NEXT_YEARS", "present", "schema_drift")],
)  # fmt: skip
def test_hide_status_is_a_state(status: str, state: str, flag: str | None) -> None:
    found = one("thread", reply(hide_status=status), root=ROOT)
    assert (found.state, found.flags) == (state, (flag,) if flag else ())


def test_a_reply_that_waits_for_approval_is_held_and_one_passed_over_says_so() -> None:
    waiting = one("thread", reply(reply_approval_status="PENDING"), root=ROOT, queue="pending")
    ignored = one("thread", reply(reply_approval_status="IGNORED"), root=ROOT, queue="pending")
    assert [(r.state, r.flags) for r in (waiting, ignored)] == [
        ("held_for_review", ()), ("held_for_review", ("ignored",)),
    ]  # fmt: skip


def test_quotes_polls_links_reposts_and_withheld_media() -> None:
    found = one("posts", post(
        is_quote_post=True, quoted_post={"id": "9"}, poll_attachment={"option_a": "Tea", "option_b": "Coffee"},
        link_attachment_url="https://larkspur.example/x"))  # fmt: skip
    assert found.flags == ("quote", "poll")
    assert found.body == "We are open.\n○ Tea\n○ Coffee"
    assert found.links == ("https://larkspur.example/x",)
    assert one("posts", post(media_type="REPOST_FACADE", text=None)).flags == ("repost",)
    assert one("posts", post(media_type="VIDEO")).flags == ("media_withheld",)


def test_the_profile_changes_with_its_picture_and_not_with_the_host_or_signature_of_it() -> None:
    def pictured(url: str) -> bytes:
        return evidential_digest(one("profile", {**ME, "threads_profile_picture_url": url}))

    first = pictured("https://scontent-a.cdninstagram.com/v/t51/face_n.jpg?oh=1")
    assert first == pictured("https://scontent-b.cdninstagram.com/v/t51/face_n.jpg?oh=2")
    assert first != pictured("https://scontent-a.cdninstagram.com/v/t51/other_n.jpg?oh=1")


def test_ids_keep_every_digit_and_odd_items_harm_nobody_beside_them() -> None:
    body = (
        b'{"data":[{"id":18446744073709551617,"text":"big","is_reply":true},{"id":1.5e18,"text":"float"},{"text":"none"},'
        b'{"id":"5","text":"a","text":"b"},{"id":"6","x":NaN},7,{"id":"8","text":"lone \\ud83d","is_reply":true},'
        b'{"id":"9","text":"nul \\u0000 in it","is_reply":true,"hide_status":["?"]}]}'
    )
    found = parsed("thread", body, root=ROOT)
    readable = [f for f in found if isinstance(f, Observation)]
    assert [f.native_id for f in readable] == ["18446744073709551617", "8", "9"]
    assert [f.reason for f in found if isinstance(f, Unreadable)] == [
        "id_not_exact", "id_missing", "duplicate_key", "not_finite", "not_an_object",
    ]  # fmt: skip
    assert readable[1].body == "lone \ufffd"
    assert readable[1].flags == ("text_repaired",)
    assert b"\\ud83d" in readable[1].native
    assert readable[2].flags == ("schema_drift",)


@pytest.mark.parametrize(
    "answer",
    [Reply(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}), Reply(200, b""), json_reply([]),
     json_reply({"data": {"no": "list"}}), Reply(200, b'{"data":[{"id":"1"'), Reply(200, b'{"data":[],"data":[]}')],
)  # fmt: skip
def test_a_body_that_is_no_list_is_never_an_empty_one(answer: Reply) -> None:
    with reading({"/me/threads": answer}) as (threads, _), pytest.raises(PlatformError):
        [list(threads.records(page)) for page in threads.posts(None)]


# --------------------------------------------------------------------------- paging


def test_all_pages_of_a_conversation_are_read_and_a_full_page_is_not_taken_for_the_last() -> None:
    def conversation(asked: Asked) -> Reply:
        after = asked.query.get("after")
        if after == "two":
            return json_reply({"data": [], "paging": {"cursors": {"after": "three"}}})
        number = 25 if after is None else 3
        paging: dict[str, Any] = {"cursors": {"after": "two" if after else "one"}}
        if after:
            paging["next"] = "https://graph.threads.net/…"
        start = 3000 if after else 2000
        return json_reply({"data": [reply(id=str(start + n)) for n in range(number)], "paging": paging})

    with reading({"/conversation": conversation}) as (threads, server):
        ids = [o.native_id for p in threads.thread(ROOT) for o in threads.records(p) if isinstance(o, Observation)]
        assert len(set(ids)) == 28
        asked = [a for a in server.asked if a.path.endswith("/conversation")]
        assert [a.query.get("after") for a in asked] == [None, "one", "two"]
        assert {a.query["reverse"] for a in asked} == {"false"}


def test_a_cursor_that_comes_again_ends_the_walk() -> None:
    turning = json_reply({"data": [post()], "paging": {"cursors": {"after": "same"}, "next": "https://…"}})
    with reading({"/me/threads": turning}) as (threads, _), pytest.raises(CursorLoop):
        list(threads.posts(None))


def test_posts_end_where_everything_on_a_page_is_older() -> None:
    page = json_reply({"data": [post()], "paging": {"cursors": {"after": "x"}, "next": "https://…"}})
    with reading({"/me/threads": page}) as (threads, server):
        assert len(list(threads.posts(now_micros() + 1))) == 1
        assert [a.query["limit"] for a in server.asked if a.path.endswith("/threads")] == ["100"]


def test_an_empty_conversation_under_a_post_with_replies_is_a_shortfall() -> None:
    with reading({"/conversation": json_reply(EMPTY)}) as (threads, _):
        assert [p.shortfall for p in threads.thread(ROOT)] == [None], "nothing is known of the post yet"
        list(threads.posts(None))
        assert [p.shortfall for p in threads.thread(ROOT)] == ["replies_withheld"]


def test_a_post_without_approval_of_replies_is_no_trouble_and_another_refusal_is_told() -> None:
    no_queue = json_reply({"error": {"message": "not enabled", "code": 100}}, status=400)
    with reading({"/pending_replies": no_queue}) as (threads, _):
        assert len(list(threads.thread(ROOT))) == 1
        assert threads.warnings() == []
    no_field = json_reply({"error": {"message": "Tried accessing nonexisting field (x)", "code": 100}}, status=400)
    with reading({"/pending_replies": no_field}) as (threads, _):
        assert len(list(threads.thread(ROOT))) == 1
        assert "code 100" in threads.warnings()[0].what


# --------------------------------------------------------------------------- gone, or not to be seen


def test_a_missing_reply_is_deleted_only_when_other_peoples_replies_can_be_read_by_id() -> None:
    with reading({}) as (threads, _):
        assert threads.item("1809").state == "missing_unconfirmed", "no stranger was seen, so nothing is proved"
        list(threads.thread(ROOT))
        sighting = threads.item("1809")
        assert sighting.state == "deleted"
        assert b"does not exist" in sighting.page.body
    with reading({f"/{REPLY}": GONE}) as (threads, server):
        list(threads.thread(ROOT))
        assert {threads.item("1809").state for _ in range(3)} == {"missing_unconfirmed"}
        assert len([a for a in server.asked if a.path.endswith(f"/{REPLY}")]) == 1


def test_what_is_there_by_id_comes_with_its_state() -> None:
    with reading({f"/{REPLY}": json_reply(reply(hide_status="HIDDEN"))}) as (threads, _):
        sighting = threads.item(REPLY)
        assert (sighting.state, sighting.observation and sighting.observation.body) == ("hidden", "At last!")
    with reading({f"/{REPLY}": json_reply(reply(id="another"))}) as (threads, _):
        assert threads.item(REPLY).state == "missing_unconfirmed"


# --------------------------------------------------------------------------- the token


def test_a_missing_permission_is_named_before_anything_is_read() -> None:
    with reading({"/debug_token": json_reply(token_told(scopes=["threads_basic"]))}) as (threads, server):
        with pytest.raises(ScopeLost, match=r"threads_read_replies \(Every reply"):
            list(threads.posts(None))
        assert {a.path for a in server.asked} == {"/debug_token"}
        assert [p.what.split(".")[0] for p in threads.check()] == ["The token lacks threads_read_replies"]


@pytest.mark.parametrize(
    ("told", "failure"),
    [(json_reply(token_told(scopes=[])), ScopeLost), (json_reply({"error": {"code": 100}}, status=400), ScopeLost),
     (json_reply({"error": {"code": 190}}, status=400), LoginExpired),
     (json_reply(token_told(is_valid=False)), LoginExpired), (json_reply({"data": "?"}), Unintelligible)],
)  # fmt: skip
def test_a_token_that_proves_nothing_reads_nothing(told: Reply, failure: type[PlatformError]) -> None:
    with reading({"/debug_token": told}) as (threads, _), pytest.raises(failure):
        list(threads.posts(None))


def test_a_token_of_another_account_is_refused() -> None:
    with reading({}, handle="elsewhere") as (threads, _), pytest.raises(ScopeLost, match="another account"):
        list(threads.profile())
    with reading({}, handle="@Larkspur") as (threads, _):
        assert threads.check() == []


def test_no_token_is_a_problem_with_a_way_out() -> None:
    with opened("http://127.0.0.1:9", "") as threads:
        (problem,) = threads.check()
    assert "has no token" in problem.what
    assert "token" in problem.remedy


def soon(days: int = 10, **changes: Any) -> Reply:
    return json_reply(token_told(expires_at=now_micros() // 1_000_000 + days * DAY, **changes))


RENEWED = json_reply({"access_token": "a-token-renewed", "token_type": "bearer", "expires_in": 60 * DAY})


def test_a_token_near_its_end_is_renewed_stored_and_used() -> None:
    kept: dict[str, str] = {}

    def keep(name: str, value: str) -> bool:
        kept[name] = value
        return True

    with reading({"/debug_token": soon(), "/refresh_access_token": RENEWED}, keep=keep) as (threads, server):
        list(threads.profile())
        assert kept == {"token": "a-token-renewed"}
        assert [a.query["access_token"] for a in server.asked] == ["a-token-of-long-life"] * 2 + ["a-token-renewed"]
        assert threads.warnings() == []


def test_a_renewed_token_that_cannot_be_stored_leads_to_a_warning_14_days_before() -> None:
    with reading({"/debug_token": soon(13), "/refresh_access_token": RENEWED}) as (threads, server):
        list(threads.profile())
        assert server.asked[-1].query["access_token"] == "a-token-of-long-life"
        (warning,) = threads.warnings()
        assert "The token of library dies on" in warning.what
        assert "a-token" not in repr(warning)
    with reading({"/debug_token": soon(20), "/refresh_access_token": RENEWED}) as (threads, _):
        list(threads.profile())
        assert threads.warnings() == []


def test_a_token_that_comes_back_the_same_needs_no_storing() -> None:
    def keep(name: str, value: str) -> bool:
        raise AssertionError("nothing new to store")

    same = json_reply({"access_token": "a-token-of-long-life", "expires_in": 60 * DAY})
    with reading({"/debug_token": soon(), "/refresh_access_token": same}, keep=keep) as (threads, _):
        list(threads.profile())
        assert threads.warnings() == []


@pytest.mark.parametrize("told", [soon(40), soon(10, issued_at=now_micros() // 1_000_000 - 3600)])
def test_a_young_or_a_long_lived_token_is_left_alone(told: Reply) -> None:
    with reading({"/debug_token": told}) as (threads, server):
        list(threads.profile())
        assert "/refresh_access_token" not in {a.path for a in server.asked}


def test_a_renewal_that_fails_stops_nothing() -> None:
    refused = json_reply({"error": {"code": 100}}, status=400)
    with reading({"/debug_token": soon(), "/refresh_access_token": refused}) as (threads, _):
        assert len(list(threads.profile())) == 1
        assert len(threads.warnings()) == 1


# --------------------------------------------------------------------------- throttles


@pytest.mark.parametrize("code", [4, 17, 32, 613])
@pytest.mark.parametrize("status", [400, 403, 429])
def test_a_throttle_in_the_dialect_of_the_graph_parks_the_account(status: int, code: int) -> None:
    throttle = json_reply({"error": {"code": code, "message": "limit"}}, status=status)
    clock = Clock()
    with reading({"/me/threads": throttle}, clock=clock, throttle_pause="1800") as (threads, server):
        with pytest.raises(Throttled) as caught:
            list(threads.posts(None))
        assert len([a for a in server.asked if a.path.endswith("/threads")]) == 1
        assert abs(caught.value.regain_at.timestamp() - clock.wall() - 1800) < 2


def test_what_passes_by_itself_is_waited_for_a_minute_only() -> None:
    passing = json_reply({"error": {"code": 1, "is_transient": True}}, status=400)
    clock = Clock()
    with reading({"/me/threads": passing}, clock=clock) as (threads, _), pytest.raises(Throttled) as caught:
        list(threads.posts(None))
    assert timedelta(seconds=caught.value.regain_at.timestamp() - clock.wall()) < timedelta(seconds=62)


def test_the_days_calls_are_counted_and_estimated() -> None:
    with reading({}, daily_calls="3") as (threads, server):
        list(threads.posts(None))
        with pytest.raises(Throttled):
            list(threads.thread(ROOT))
        assert len(server.asked) == 3
        estimate = threads.estimate(Scale(posts=250, comments=1000, watched=40, first=False))
        assert (estimate.requests, estimate.dollars) == (3 + 2 + 80 + 40, None)
        assert "of the 3 calls" in estimate.sentence


def test_refusals_have_their_names() -> None:
    for code, failure in ((190, LoginExpired), (10, ScopeLost), (200, ScopeLost), (100, Unintelligible)):
        refusal = json_reply({"error": {"code": code, "message": "no"}}, status=400)
        with reading({"/me/threads": refusal}) as (threads, _), pytest.raises(failure):
            list(threads.posts(None))


# --------------------------------------------------------------------------- against the stand-in


@pytest.fixture(scope="module")
def stand_in() -> Iterator[str]:
    with running(only=["threads"]) as urls:
        yield urls["threads"]


@pytest.mark.slow
def test_the_trap_is_real_and_the_adapter_does_not_step_into_it(stand_in: str) -> None:
    with opened(stand_in, token_of("larkspur", "basic")) as threads, pytest.raises(ScopeLost):
        list(threads.posts(None))
    with opened(stand_in, token_of("larkspur", "untested")) as threads:
        assert "tester" in threads.check()[0].remedy


@pytest.mark.slow
def test_a_dying_token_is_renewed_at_the_stand_in_and_the_new_one_works(stand_in: str) -> None:
    kept: list[str] = []
    with opened(stand_in, token_of("larkspur", "dying"), keep=lambda name, value: not kept.append(value)) as threads:
        assert len(list(threads.posts(None))) > 1
    with opened(stand_in, kept[0]) as threads:
        assert threads.check() == []


@pytest.mark.slow
def test_a_held_reply_is_seen_with_its_state_and_again_when_it_is_let_through(stand_in: str) -> None:
    control = Control(stand_in)
    root = control.post("larkspur", "What shall we read? (invented)")["id"]
    waiting = control.reply(root, "mara", "Something long. (invented)")["id"]
    for held, state in ((True, "held_for_review"), (False, "present")):
        control.hold(waiting, held=held)
        with opened(stand_in, token_of("larkspur")) as threads:
            found = [o for page in threads.thread(root) for o in threads.records(page)]
        assert [(o.native_id, o.state) for o in found if isinstance(o, Observation)] == [(waiting, state)]
