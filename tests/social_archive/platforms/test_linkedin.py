"""linkedin: the role that must be proved, the day's calls, replies, and what may not be taken for a deletion."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import yaml

from sandbox.control import Control, running
from sandbox.folder import agency_folder
from sandbox.platforms.linkedin import CLIENT_ID, CLIENT_SECRET, refresh_token_of
from social_archive.config import StoreConfig, load_agency
from social_archive.errors import (
    AccountGone,
    ConfigError,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Throttled,
)
from social_archive.platforms.base import Page, Scale, Target
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.linkedin import LinkedIn
from social_archive.platforms.linkedin_records import plain
from social_archive.record import Observation, Unreadable, evidential_digest
from tests.contracts import linkedin as contract
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving
from tests.social_archive.platforms.living import living

SECRETS = {"refresh_token": "CANARY-linkedin-refresh", "client_secret": "CANARY-linkedin-app-secret"}
ORG, POST = "urn:li:organization:2414183", "urn:li:share:7045020441609936898"
ACTIVITY = "urn:li:activity:7095684521727016961"
SCOPES = "r_organization_social_feed,rw_organization_admin"
HTML = {"Content-Type": "text/html"}
NOT_FOUND = json_reply({"status": 404, "code": "NOT_FOUND", "message": "words that are not ours"}, status=404)
PAGE = {
    "id": 2414183, "localizedName": "Larkspur Public Library", "vanityName": "lark", "$URN": ORG,
    "localizedDescription": "A chair. https://larkspur.example", "localizedWebsite": "https://larkspur.example/start",
}  # fmt: skip


def grant(scope: str | None = SCOPES, **more: Any) -> Reply:
    told = {"access_token": "CANARY-linkedin-access", "expires_in": 5184000, "refresh_token_expires_in": 20_000_000}
    return json_reply({**told, **({"scope": scope} if scope else {}), **more})


def role(role: str = "ADMINISTRATOR", **more: Any) -> Reply:
    return listed({"organization": ORG, "role": role, "state": "APPROVED", "roleAssignee": "urn:li:person:x", **more})


def listed(*elements: dict[str, Any], start: int = 0, goes_on: bool = False, **paging: Any) -> Reply:
    links = [{"rel": "next", "type": "application/json", "href": "?start=…"}] if goes_on else []
    return json_reply({"paging": {"start": start, "count": 100, "links": links, **paging}, "elements": list(elements)})


def post(urn: str = POST, **more: Any) -> dict[str, Any]:
    return {
        "id": urn, "author": ORG, "commentary": "Hello \\(invented\\)", "visibility": "PUBLIC",
        "lifecycleState": "PUBLISHED", "createdAt": 1679663763610, "publishedAt": 1679663764088,
        "lastModifiedAt": 1679663764133, "lifecycleStateInfo": {"isEditedByAuthor": False}, **more,
    }  # fmt: skip


def comment(number: int | str, replies: int | None = 0, **more: Any) -> dict[str, Any]:
    summary = {} if replies is None else {"commentsSummary": {"totalFirstLevelComments": replies}}
    return {
        "id": str(number), "commentUrn": f"urn:li:comment:({ACTIVITY},{number})", "actor": "urn:li:person:a1",
        "object": ACTIVITY, "created": {"actor": "urn:li:person:a1", "time": 1691743122924},
        "lastModified": {"actor": "urn:li:person:a1", "time": 1691743122924}, "message": {"text": f"invented {number}"},
        **summary, **more,
    }  # fmt: skip


def routed(routes: Mapping[str, Reply | Callable[[Asked], Reply]]) -> Callable[[Asked], Reply]:
    known = {
        "/oauth/v2/accessToken": grant(), "/rest/organizationAcls": role(),
        "/rest/organizations/2414183": json_reply(PAGE), **routes,
    }  # fmt: skip

    def answer(asked: Asked) -> Reply:
        reply = known.get(unquote(asked.path), NOT_FOUND)
        return reply if isinstance(reply, Reply) else reply(asked)

    return answer


def adapter(at: Server | None, handle: str = "lark", secrets: Mapping[str, str] = SECRETS,
            keep: Callable[[str, str], bool] | None = None, **settings: Any) -> LinkedIn:  # fmt: skip
    server = at.url if at else "http://127.0.0.1:9"
    own = {"server": server, "insecure_local": True, "client_id": "86abc", "terms_accepted": True, **settings}
    target = Target("main", handle, own, secrets, keep or (lambda name, value: False))
    clock = Clock()
    return LinkedIn(target, Http(base_url=server, pace=LinkedIn.pace, secrets=tuple(secrets.values()),
                                 clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall))  # fmt: skip


def page(body: bytes, kind: str = "thread", **context: Any) -> Page:
    return Page(kind=kind, endpoint="https://api.linkedin.com/x", body=body, response_sha256="aa", http_date=None,  # type: ignore[arg-type]
                observed_at=7, context={"organization": ORG, "root": POST, **context})  # fmt: skip


def comments_path(urn: str) -> str:
    return f"/rest/socialActions/{urn}/comments"


# --------------------------------------------------------------------------- parsing


@pytest.mark.parametrize(
    ("little", "said"),
    [
        ("Plain.", "Plain."),
        (r"a \(b\) \[c\] \{d\} \_e\_ \~ \* \\ \<f\>", r"a (b) [c] {d} _e_ ~ * \ <f>"),
        (r"Hi @[Dev \& Co](urn:li:organization:24)!", "Hi @Dev & Co!"),
        (r"{hashtag|\#|SummerReading} and {hashtag|#|Books}", "#SummerReading and #Books"),
    ],
)
def test_little_text_becomes_what_a_reader_sees(little: str, said: str) -> None:
    assert plain(little) == said


def test_a_post_with_an_article_a_poll_and_an_edit() -> None:
    content = {"article": {"source": "https://larkspur.example/a", "title": "Seeds", "thumbnail": "urn:li:image:T"},
               "poll": {"question": "Which?", "options": [{"text": "Tue"}, {"text": "Thu"}]}}  # fmt: skip
    told = post(content=content, lifecycleStateInfo={"isEditedByAuthor": True}, visibility="LOGGED_IN")
    (found,) = adapter(None).records(page(listed(told).body, "posts"))
    assert isinstance(found, Observation)
    assert found.body == "Hello (invented)\n\nSeeds\n\nPoll: Which?\n( ) Tue\n( ) Thu"
    assert (found.links, found.flags) == (("https://larkspur.example/a",), ("logged_in", "poll"))
    assert (found.created_at, found.edited_at) == (1_679_663_764_088_000, 1_679_663_764_133_000)
    assert [m.id for m in found.media] == ["urn:li:image:T"]
    assert found.author_is_account


def test_a_comment_belongs_to_the_post_that_was_asked_about() -> None:
    reply = comment(2, parentComment=f"urn:li:comment:({ACTIVITY},1)", actor=ORG,
                    lastModified={"time": 1691743999000}, content=[{"type": "IMAGE", "url": "https://media.licdn.com/i",
                                                                   "entity": {"image": "urn:li:image:I"}}])  # fmt: skip
    one, two = adapter(None).records(page(listed(comment(1), reply).body))
    assert isinstance(one, Observation)
    assert isinstance(two, Observation)
    assert (one.kind, one.parent_native_id, one.root_native_id, one.edited_at) == ("comment", POST, POST, None)
    assert (two.kind, two.parent_native_id, two.root_native_id) == ("reply", f"urn:li:comment:({ACTIVITY},1)", POST)
    assert (two.author_is_account, two.edited_at) == (True, 1_691_743_999_000_000)
    assert [(m.id, m.url) for m in two.media] == [("urn:li:image:I", "https://media.licdn.com/i")]
    assert one.permalink == (
        f"https://www.linkedin.com/feed/update/{POST}?commentUrn=urn%3Ali%3Acomment%3A%28{ACTIVITY.replace(':', '%3A')}"
        "%2C1%29"
    )


def test_older_names_of_a_comments_urn_are_the_same_comment() -> None:
    newest = comment(1)
    older = {**newest, "$URN": newest["commentUrn"]}
    del older["commentUrn"]
    oldest = {name: value for name, value in older.items() if name != "$URN"}
    found = [o.native_id for o in adapter(None).records(page(listed(newest, older, oldest).body))]  # type: ignore[union-attr]
    assert found == [newest["commentUrn"]] * 3


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"commentUrn":"u","message":{"text":"a","text":"b"}}', "duplicate_key"),
        (b'{"commentUrn":1.5e18,"message":{"text":"a"}}', "id_not_exact"), (b'{"message":{"text":"a"}}', "id_missing"),
        (b'{"commentUrn":"u","message":{"text":NaN}}', "not_finite"), (b'{"commentUrn":"u"}', "unknown_kind"),
    ],
)
def test_one_bad_comment_goes_to_quarantine_alone(raw: bytes, reason: str) -> None:
    good = json.dumps(comment(2, message={"text": "a\x00b \ud83d"})).encode()
    ours = adapter(None)
    bad, fine = ours.records(page(b'{"elements":[' + raw + b"," + good + b'],"paging":{"start":0}}'))
    assert isinstance(bad, Unreadable)
    assert (bad.reason, bad.native) == (reason, raw)
    assert isinstance(fine, Observation)
    assert (fine.native, fine.body, fine.flags) == (good, "a\x00b \ufffd", ("text_repaired",))
    again = ours.reparse(good, page(b"", "item"))
    assert isinstance(again, Observation)
    assert evidential_digest(again) == evidential_digest(fine)


# --------------------------------------------------------------------------- fetching


def test_posts_are_read_back_to_what_was_changed_and_their_files_are_asked_for() -> None:
    media = {"media": {"id": "urn:li:image:NEW", "altText": "A window."}}
    old = post("urn:li:share:1", lastModifiedAt=1600000000000, content={"media": {"id": "urn:li:image:OLD"}})

    def posts(asked: Asked) -> Reply:
        start = int(asked.query["start"])
        return listed(post(content=media), goes_on=True) if start == 0 else listed(old, start=100, goes_on=True)

    image = json_reply({"downloadUrl": "https://media.licdn.com/dms/NEW?e=1&t=x", "status": "AVAILABLE"})
    with serving(answer=routed({"/rest/posts": posts, "/rest/images/urn:li:image:NEW": image})) as server:
        ours = adapter(server)
        found = [o for p in ours.posts(1_650_000_000_000_000) for o in ours.records(p)]
        assert [unquote(a.path) for a in server.asked if "images" in a.path] == ["/rest/images/urn:li:image:NEW"]
        asked = next(a for a in server.asked if a.path == "/rest/posts")
    assert asked.query == {"author": ORG, "q": "author", "sortBy": "LAST_MODIFIED", "start": "0", "count": "100"}
    assert (asked.headers["linkedin-version"], asked.headers["x-restli-protocol-version"]) == ("202607", "2.0.0")
    assert len(found) == 2, "a page that holds nothing newer is the last"
    assert isinstance(found[0], Observation)
    assert [(m.id, m.url, m.alt) for m in found[0].media] == [
        ("urn:li:image:NEW", "https://media.licdn.com/dms/NEW?e=1&t=x", "A window.")
    ]


def test_replies_are_read_where_there_are_any_or_nobody_says() -> None:
    def urn(n: int) -> str:
        return f"urn:li:comment:({ACTIVITY},{n})"

    routes = {
        comments_path(POST): listed(comment(1, 2), comment(2, 0), comment(3, None)),
        comments_path(urn(1)): listed(comment(11, 0, parentComment=urn(1)), comment(12, None, parentComment=urn(1))),
        comments_path(urn(3)): listed(),
    }
    with serving(answer=routed(routes)) as server:
        ours = adapter(server)
        found = [o.native_id for p in ours.thread(POST) for o in ours.records(p)]  # type: ignore[union-attr]
        asked = [unquote(a.path) for a in server.asked if "socialActions" in a.path]
    assert found == [urn(n) for n in (1, 2, 3, 11, 12)]
    assert asked == [comments_path(POST), comments_path(urn(1)), comments_path(urn(3))]


def test_a_depth_that_never_ends_is_cut_and_said() -> None:
    def always(asked: Asked) -> Reply:
        return listed(comment(len(server.asked), 1))

    def answer(asked: Asked) -> Reply:
        return always(asked) if "socialActions" in asked.path else routed({})(asked)

    with serving(answer=answer) as server:
        assert [p.shortfall for p in adapter(server).thread(POST)] == [None] * 4 + ["reply_depth"]


def test_a_short_page_is_not_the_last_while_linkedin_says_that_there_is_more() -> None:
    def pages(asked: Asked) -> Reply:
        start = int(asked.query["start"])
        return listed(comment(start + 1), start=start, goes_on=start < 200)

    with serving(answer=routed({comments_path(POST): pages})) as server:
        assert len(list(adapter(server).thread(POST))) == 3


def test_paging_that_begins_elsewhere_is_noticed() -> None:
    with serving(answer=routed({"/rest/posts": listed(post(), goes_on=True)})) as server, pytest.raises(CursorLoop):
        list(adapter(server).posts(None))


def test_a_thread_that_went_in_between_is_no_failure() -> None:
    with serving(answer=routed({})) as server:
        assert list(adapter(server).thread(POST)) == []


@pytest.mark.parametrize("native_id", [POST, f"urn:li:comment:({ACTIVITY},7)"])
@pytest.mark.parametrize(("status", "state"), [(404, "deleted"), (403, "inaccessible")])
def test_only_not_found_makes_something_deleted(native_id: str, status: int, state: str) -> None:
    refused = json_reply({"status": status, "code": "X"}, status=status)
    path = f"/rest/posts/{POST}" if native_id == POST else f"{comments_path(ACTIVITY)}/7"
    with serving(answer=routed({path: refused})) as server:
        assert adapter(server).item(native_id).state == state


def test_a_comment_in_its_thread_and_by_its_id_is_the_same() -> None:
    routes = {comments_path(POST): listed(comment(7)), f"{comments_path(ACTIVITY)}/7": json_reply(comment(7))}
    with serving(answer=routed(routes)) as server:
        ours = adapter(server)
        (one,) = [o for p in ours.thread(POST) for o in ours.records(p)]
        two = ours.item(f"urn:li:comment:({ACTIVITY},7)").observation
    assert isinstance(one, Observation)
    assert two is not None
    two.parent_native_id, two.root_native_id = one.parent_native_id, one.root_native_id  # as the walk does it
    assert evidential_digest(one) == evidential_digest(two)


# --------------------------------------------------------------------------- the login


@pytest.mark.parametrize("handle", ["lark", "2414183", ORG])
def test_a_page_is_known_by_its_name_number_and_urn(handle: str) -> None:
    with serving(answer=routed({})) as server:
        ours = adapter(server, handle)
        assert ours.check() == []
        (found,) = [o for p in ours.profile() for o in ours.records(p)]
    assert isinstance(found, Observation)
    assert (found.native_id, found.author_name, found.author_is_account) == (ORG, "Larkspur Public Library", True)
    assert found.links == ("https://larkspur.example/start", "https://larkspur.example")


@pytest.mark.parametrize(
    ("routes", "handle", "error", "word"),
    [
        ({"/rest/organizationAcls": listed()}, "2414183", ScopeLost, "role"),
        ({"/rest/organizationAcls": listed()}, "lark", ScopeLost, "role"),
        ({"/rest/organizationAcls": role("ANALYST")}, "lark", ScopeLost, "role"),
        ({"/rest/organizationAcls": role(state="REVOKED")}, "2414183", ScopeLost, "role"),
        ({"/oauth/v2/accessToken": grant("rw_organization_admin")}, "lark", ScopeLost, "r_organization_social_feed"),
        ({"/oauth/v2/accessToken": grant("r_organization_social")}, "lark", ScopeLost, "rw_organization_admin"),
        ({"/oauth/v2/accessToken": json_reply({"error": "invalid_grant"}, status=400)}, "lark", LoginExpired, "grant"),
        ({"/rest/organizationAcls": json_reply({"code": "REVOKED_ACCESS_TOKEN"}, status=401)}, "lark", LoginExpired,
         "REVOKED"),
        ({"/rest/organizationAcls": json_reply({"code": "ACCESS_DENIED"}, status=403)}, "lark", ScopeLost, "DENIED"),
        ({"/rest/organizations/2414183": NOT_FOUND}, "2414183", AccountGone, "no organization"),
        ({"/rest/organizationAcls": json_reply({"code": "NONEXISTENT_VERSION"}, status=426)}, "lark", PlatformError,
         "version"),
    ],
)  # fmt: skip
def test_a_login_that_does_not_do_is_told_from_the_others(
    routes: dict[str, Reply], handle: str, error: type[Exception], word: str
) -> None:
    with serving(answer=routed(routes)) as server:
        ours = adapter(server, handle)
        with pytest.raises(error, match=word):
            list(ours.posts(None))
        (problem,) = ours.check()
        assert problem.remedy
        assert "words that are not ours" not in problem.what


def test_what_is_missing_is_said_one_by_one() -> None:
    said = " ".join(p.what for p in adapter(None, secrets={}, client_id="").check())
    assert [name in said for name in ("`refresh_token`", "`client_secret`", "`client_id`")] == [True] * 3


@pytest.mark.parametrize(("days", "warned"), [(13, 1), (15, 0)])
def test_a_refresh_token_is_warned_of_a_fortnight_before_it_dies(days: int, warned: int) -> None:
    with serving(answer=routed({"/oauth/v2/accessToken": grant(refresh_token_expires_in=days * 86_400)})) as server:
        ours = adapter(server)
        list(ours.profile())
        assert ["cannot be prolonged" in p.remedy for p in ours.warnings()] == [True] * warned


def test_a_bare_access_token_is_asked_after_and_warned_of() -> None:
    secrets = {"access_token": "CANARY-linkedin-bare", "client_secret": "CANARY-linkedin-app-secret"}
    soon = json_reply({"active": True, "expires_at": 1, "scope": SCOPES})
    with serving(answer=routed({"/oauth/v2/introspectToken": soon})) as server:
        ours = adapter(server, secrets=secrets)
        list(ours.profile())
        assert [p.what.split(" dies")[0] for p in ours.warnings()] == ["The access token of main"]
        assert server.asked[-1].headers["authorization"] == "Bearer CANARY-linkedin-bare"
    with serving(answer=routed({"/oauth/v2/introspectToken": json_reply({"active": False})})) as server:
        (problem,) = adapter(server, secrets=secrets).check()
        assert "no longer accepts" in problem.what


def test_a_changed_refresh_token_is_kept() -> None:
    kept: dict[str, str] = {}
    with serving(answer=routed({"/oauth/v2/accessToken": grant(refresh_token="CANARY-linkedin-new")})) as server:
        list(adapter(server, keep=lambda name, value: kept.update({name: value}) is None).profile())
        lost = adapter(server)
        list(lost.profile())
    assert kept == {"refresh_token": "CANARY-linkedin-new"}
    assert len(lost.warnings()) == 1


# --------------------------------------------------------------------------- the day's calls


def test_the_days_calls_are_kept_and_linkedins_no_is_waited_out_until_midnight_utc() -> None:
    with serving(answer=routed({comments_path(POST): listed()})) as server:
        ours = adapter(server, daily_calls=3)
        list(ours.thread(POST))
        with pytest.raises(Throttled) as own:
            list(ours.thread(POST))
        assert len([a for a in server.asked if a.path.startswith("/rest")]) == 3
    refused = json_reply({"status": 429, "code": "TOO_MANY_REQUESTS"}, status=429)
    with serving(answer=routed({"/rest/organizationAcls": refused})) as server:
        with pytest.raises(Throttled) as theirs:
            list(adapter(server).profile())
        assert len(server.asked) == 2
    wait = LinkedIn._until_midnight()
    for caught in (own, theirs):
        assert caught.value.regain_at.timestamp() == pytest.approx(1_800_000_000 + wait, abs=5)


def test_an_estimate_says_days_and_the_terms_are_shown() -> None:
    found = adapter(None, daily_calls=100).estimate(Scale(posts=100, comments=400, watched=100, first=False))
    assert found.sentence == "About 305 of the 100 calls that a day allows, so it takes 4 days."
    assert LinkedIn.terms_must_be_accepted
    assert "48 hours" in LinkedIn.storage_terms


def test_an_enabled_account_is_refused_until_somebody_has_accepted_the_terms(tmp_path: Path) -> None:
    folder = agency_folder(tmp_path, {}, accounts=["larkspur-linkedin"])
    assert [a.name for a in load_agency(folder).enabled_accounts()] == ["larkspur-linkedin"]
    accounts = yaml.safe_load((folder / "accounts.yaml").read_text())
    del accounts["accounts"][0]["settings"]["terms_accepted"]
    (folder / "accounts.yaml").write_text(yaml.safe_dump(accounts))
    with pytest.raises(ConfigError, match="48 hours"):
        load_agency(folder)
    accounts["accounts"][0]["enabled"] = False
    (folder / "accounts.yaml").write_text(yaml.safe_dump(accounts))
    assert load_agency(folder).enabled_accounts() == []


@pytest.mark.parametrize(
    "reply",
    [Reply(200, b"<html>", HTML), Reply(200, b""), Reply(200, b'{"elements":[{"id":'), Reply(200, b'{"elements":NaN}'),
     Reply(200, b'{"elements":{},"paging":{}}'), Reply(200, b'{"elements":[],"elements":[]}'),
     Reply(200, b'{"paging":{"start":0}}'), Reply(500, b"oops", HTML)],
)  # fmt: skip
def test_an_answer_that_is_none_is_never_no_posts(reply: Reply) -> None:
    with serving(answer=routed({"/rest/posts": reply})) as server:
        ours = adapter(server)
        with pytest.raises(PlatformError):
            [record for found in ours.posts(None) for record in ours.records(found)]


# --------------------------------------------------------------------------- the hand-written tables


@pytest.mark.slow
def test_adapter_and_stand_in_keep_to_the_field_tables(tmp_path: Path) -> None:
    said: list[tuple[str, dict[str, str], Answer]] = []
    secrets = {"refresh_token": refresh_token_of("larkspur"), "client_secret": CLIENT_SECRET}
    with running(tmp_path, only=["linkedin"]) as urls:
        settings = {"server": urls["linkedin"], "insecure_local": True, "client_id": CLIENT_ID, "daily_calls": 10_000}
        clock = Clock()
        http = Http(base_url=urls["linkedin"], pace=LinkedIn.pace, clock=clock.monotonic, sleep=clock.sleep)
        judged = http._judged

        def recorded(how: Any, response: Any, body: bytes) -> Answer:
            answer = judged(how, response, body)
            parts = urlsplit(str(response.request.url))
            said.append((parts.path, dict(parse_qsl(parts.query)), answer))
            return answer

        http._judged = recorded  # type: ignore[method-assign]
        ours = LinkedIn(Target("larkspur", "larkspur", settings, secrets), http)
        posts = [o for kind in (ours.profile(), ours.posts(None)) for p in kind for o in ours.records(p)]
        threads = [p for o in posts[:40] for p in ours.thread(o.native_id)]  # type: ignore[union-attr]
        found = [o for p in threads for o in ours.records(p) if isinstance(o, Observation)]
        ours.item(found[0].native_id)
        ours.item(found[0].root_native_id or "")
        Control(urls["linkedin"]).delete(found[0].native_id)
        assert ours.item(found[0].native_id).state == "deleted"
    assert any(o.kind == "reply" for o in found)
    checked = [(path, query, answer) for path, query, answer in said if contract.concerns("GET", path)]
    assert len(checked) > 40
    for path, query, answer in checked:
        assert contract.unknown_parameters(path, query) == [], path
        if answer.status == 200:
            assert contract.problems_of(path, query, json.loads(answer.body)) == [], path


def test_the_tables_notice_what_they_must() -> None:
    path, good = "/rest/posts", json.loads(listed(post()).body)
    assert contract.problems_of(path, {}, good) == []
    for wrong in ({"likes": 1}, {"author": "lark"}, {"createdAt": "now"}, {"lifecycleStateInfo": []},
                  {"content": {"media": {"url": "x"}}}):  # fmt: skip
        assert len(contract.problems_of(path, {}, {"elements": [post() | wrong], "paging": {}})) == 1, wrong
    assert contract.problems_of(path, {}, {"items": []})
    assert contract.unknown_parameters(path, {"q": "author", "author": ORG, "since": "1"}) == ["since"]
    assert contract.unknown_parameters(path, {"q": "owner"}) == ["q=owner"]
    assert contract.unknown_parameters("/rest/people/1", {}) == ["no such endpoint: /rest/people/1"]


# --------------------------------------------------------------------------- a whole harvest


@pytest.mark.slow
def test_an_edit_of_an_old_post_is_seen_and_a_comment_takes_its_replies_with_it(
    buckets: StoreConfig, tmp_path: Path
) -> None:
    with living("linkedin", buckets, tmp_path) as place:
        truth = [t for t in place.truth() if t["state"] == "present"]
        oldest = min((t for t in truth if not t["parent"]), key=lambda t: t["created"])["id"]
        place.control.edit(oldest, "Corrected: the hours are 9 to 5. (invented)")
        report = place.harvest()
        assert (report.outcome, report.new, report.changed) == ("ok", 0, 1)
        assert [body for _, body in place.history(oldest)][1:] == ["Corrected: the hours are 9 to 5. (invented)"]
        reply = max((t for t in truth if t["parent"] not in (None, t["root"])), key=lambda t: t["created"])
        place.control.delete(reply["parent"])
        place.harvest()
        assert [place.history(i)[-1][0] for i in (reply["parent"], reply["id"])] == ["deleted", "deleted"]
        assert place.harvest().wrote == 0


@pytest.mark.slow
def test_a_day_that_is_spent_parks_the_page_and_the_next_one_goes_on(
    buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with living("linkedin", buckets, tmp_path) as place:
        monkeypatch.setattr(LinkedIn, "_daily", 8)
        spent = place.harvest()
        assert (spent.outcome, [g.reason for g in spent.gaps]) == ("partial", ["throttled"])
        assert spent.regain_at is not None
        monkeypatch.undo()
        rested = place.harvest()
        assert (rested.outcome, [g.closed for g in rested.gaps]) == ("ok", [True])
