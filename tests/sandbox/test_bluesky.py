from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.platforms.bluesky_sessions import password_of
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order, role

POST = "app.bsky.feed.post"


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("bluesky")


def query(client: Client, method: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
    return client.get(f"/xrpc/{method}", params=params, headers=headers).json()


def walk(client: Client, method: str, listed: str, **params: Any) -> list[Any]:
    """All elements of a paged method by following its cursor."""
    found: list[Any] = []
    while True:
        page = query(client, method, **params)
        found += page[listed]
        if "cursor" not in page:
            return found
        params["cursor"] = page["cursor"]


def truth(client: Client, account: str = "larkspur") -> list[dict[str, Any]]:
    return client.get("/_sandbox/truth", params={"account": account}).json()


def in_thread(view: dict[str, Any]) -> Iterator[str]:
    yield view["post"]["uri"]
    for reply in view.get("replies", ()):
        yield from in_thread(reply)


def thread(client: Client, uri: str, depth: int = 1000) -> set[str]:
    return set(in_thread(query(client, "app.bsky.feed.getPostThread", uri=uri, depth=depth)["thread"]))


def session(client: Client, password: str = password_of("larkspur")) -> Any:
    body = f'{{"identifier": "larkspur.test", "password": "{password}"}}'
    return client.post("/xrpc/com.atproto.server.createSession", content=body)


# --------------------------------------------------------------------------- reading


def test_feed_and_repository_show_the_same_posts(client: Client) -> None:
    feed = walk(client, "app.bsky.feed.getAuthorFeed", "feed", actor="larkspur.test", limit=33)
    records = walk(client, "com.atproto.repo.listRecords", "records", repo="larkspur.test", collection=POST, limit=33)
    own = {t["id"] for t in truth(client) if t["author"] == "larkspur" and not t["boost"]}
    assert {f["post"]["uri"] for f in feed if "reason" not in f} == own
    assert {r["uri"] for r in records} == own
    assert sum("reason" in f for f in feed) == 1


def test_records_are_the_same_in_the_view_and_in_the_repository(client: Client) -> None:
    records = query(client, "com.atproto.repo.listRecords", repo="larkspur.test", collection=POST, limit=20)["records"]
    views = query(client, "app.bsky.feed.getPosts", uris=[r["uri"] for r in records])["posts"]
    assert [(v["uri"], v["cid"], v["record"]) for v in views] == [(r["uri"], r["cid"], r["value"]) for r in records]


def test_a_thread_shows_what_can_be_reached_and_no_more(client: Client) -> None:
    items = truth(client)
    for root in (t for t in items if t["parent"] is None and not t["boost"]):
        wanted = {t["id"] for t in items if t["root"] == root["id"] and t["state"] in ("present", "hidden")}
        assert thread(client, root["id"]) == wanted


def test_depth_cuts_the_thread_and_says_nothing(client: Client) -> None:
    deepest = next(t for t in truth(client) if t["role"] == "deepest")
    assert deepest["id"] not in thread(client, deepest["root"], depth=6)
    assert deepest["id"] in thread(client, deepest["root"], depth=7)


def test_parents_of_a_reply_lead_up_to_the_root(client: Client) -> None:
    deepest = next(t for t in truth(client) if t["role"] == "deepest")
    view = query(client, "app.bsky.feed.getPostThread", uri=deepest["id"], depth=0)["thread"]
    while "parent" in view:
        view = view["parent"]
    assert view["post"]["uri"] == deepest["root"]


def test_facets_point_at_bytes(client: Client) -> None:
    feed = walk(client, "app.bsky.feed.getAuthorFeed", "feed", actor="larkspur.test", limit=100)
    found = 0
    for record in (f["post"]["record"] for f in feed):
        for facet in record.get("facets", ()):
            part = record["text"].encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
            feature = facet["features"][0]
            assert part in (feature.get("uri"), f"#{feature.get('tag')}")
            found += 1
    assert found > 5


def test_blobs_come_from_the_repository_and_from_the_picture_server(client: Client) -> None:
    feed = walk(client, "app.bsky.feed.getAuthorFeed", "feed", actor="larkspur.test", filter="posts_with_media")
    post = feed[0]["post"]
    picture = post["record"]["embed"]["images"][0]
    assert picture["alt"]
    params = {"did": post["author"]["did"], "cid": picture["image"]["ref"]["$link"]}
    blob = client.get("/xrpc/com.atproto.sync.getBlob", params=params).content
    assert blob.startswith(b"\x89PNG")
    assert len(blob) == picture["image"]["size"]
    assert client.get(post["embed"]["images"][0]["fullsize"]).content == blob
    assert query(client, "com.atproto.sync.getBlob", **{**params, "cid": "bafkreinone"})["message"] == "Blob not found"


# --------------------------------------------------------------------------- what happens to items


def test_a_deleted_middle_reply_takes_its_branch_along_while_ids_below_still_answer(client: Client) -> None:
    middle, under = role(client, "deletable_middle_reply"), role(client, "under_deletable")
    root = next(t["root"] for t in truth(client) if t["id"] == middle)
    assert {middle, under} <= thread(client, root)
    order(client, "delete", id=middle)
    assert not {middle, under} & thread(client, root)
    assert len(query(client, "app.bsky.feed.getPosts", uris=[middle, under])["posts"]) == 1
    author, _, rkey = middle.removeprefix("at://").split("/")
    gone = client.get("/xrpc/com.atproto.repo.getRecord", params={"repo": author, "collection": POST, "rkey": rkey})
    assert gone.status_code == 400
    assert gone.json() == {"error": "RecordNotFound", "message": f"Could not locate record: {middle}"}
    view = query(client, "app.bsky.feed.getPostThread", uri=under)["thread"]
    assert view["parent"] == {"$type": "app.bsky.feed.defs#notFoundPost", "uri": middle, "notFound": True}
    assert query(client, "app.bsky.feed.getPostThread", uri=middle)["error"] == "NotFound"


def test_an_edit_changes_the_cid_and_leaves_references_to_the_old_one(client: Client) -> None:
    comment = role(client, "deletable_middle_reply")
    before = query(client, "app.bsky.feed.getPosts", uris=comment)["posts"][0]
    order(client, "edit", id=comment, text="changed")
    after = query(client, "app.bsky.feed.getPosts", uris=comment)["posts"][0]
    assert after["record"]["text"] == "changed"
    assert after["cid"] != before["cid"]
    child = query(client, "app.bsky.feed.getPosts", uris=role(client, "under_deletable"))["posts"][0]
    assert child["record"]["reply"]["parent"]["cid"] == before["cid"]


def test_a_hidden_reply_is_named_in_the_gate_and_listed_by_other_v2(client: Client) -> None:
    hidden = order(client, "hide", id=role(client, "hideable_comment"))
    root = hidden["root"]
    gate = query(client, "app.bsky.feed.getPostThread", uri=root)["threadgate"]["record"]
    assert gate["hiddenReplies"] == [hidden["id"]]
    others = query(client, "app.bsky.unspecced.getPostThreadOtherV2", anchor=root)["thread"]
    assert [(o["uri"], o["value"]["hiddenByThreadgate"]) for o in others] == [(hidden["id"], True)]
    proper = query(client, "app.bsky.unspecced.getPostThreadV2", anchor=root)
    assert proper["hasOtherReplies"] is True
    assert hidden["id"] not in {t["uri"] for t in proper["thread"]}
    author, _, rkey = root.removeprefix("at://").split("/")
    stored = query(client, "com.atproto.repo.getRecord", repo=author, collection="app.bsky.feed.threadgate", rkey=rkey)
    assert stored["value"] == gate


def test_a_deactivated_author_vanishes_while_the_count_stays(client: Client) -> None:
    author = next(t for t in truth(client) if t["role"] == "editable_comment")
    root = author["root"]
    count = query(client, "app.bsky.feed.getPosts", uris=root)["posts"][0]["replyCount"]
    order(client, "deactivate", author=author["author"])
    assert author["id"] not in thread(client, root)
    assert query(client, "app.bsky.feed.getPosts", uris=root)["posts"][0]["replyCount"] == count
    did = author["author_id"]
    status = query(client, "com.atproto.sync.getRepoStatus", did=did)
    assert status == {"did": did, "active": False, "status": "deactivated"}
    assert query(client, "app.bsky.actor.getProfile", actor=did)["error"] == "AccountDeactivated"
    assert query(client, "com.atproto.repo.describeRepo", repo=did)["message"] == f"Could not find repo: {did}"
    order(client, "deactivate", author=author["author"], back=True)
    assert author["id"] in thread(client, root)


# --------------------------------------------------------------------------- sessions


def test_a_session_opens_refreshes_and_is_refused_in_every_way(client: Client) -> None:
    assert session(client, "wrong").json()["error"] == "AuthenticationRequired"
    opened = session(client).json()
    access, refresh = ({"Authorization": f"Bearer {opened[k]}"} for k in ("accessJwt", "refreshJwt"))
    method = "com.atproto.server.getSession"
    assert query(client, method, access)["handle"] == "larkspur.test"
    assert query(client, method)["error"] == "AuthMissing"
    assert query(client, method, {"Authorization": "Bearer a.b.c"})["error"] == "InvalidToken"
    assert query(client, method, refresh)["error"] == "InvalidToken"

    order(client, "expire_tokens", account="larkspur", hard=False)
    assert query(client, method, access) == {"error": "ExpiredToken", "message": "Token has expired"}
    renewed = client.post("/xrpc/com.atproto.server.refreshSession", headers=refresh).json()
    assert query(client, method, {"Authorization": f"Bearer {renewed['accessJwt']}"})["did"] == opened["did"]

    order(client, "expire_tokens", account="larkspur")
    assert client.post("/xrpc/com.atproto.server.refreshSession", headers=refresh).json()["error"] == "ExpiredToken"
    assert session(client).status_code == 401
    order(client, "renew_tokens", account="larkspur")
    assert session(client).status_code == 200


def test_unknown_handles_methods_and_limits_are_refused(client: Client) -> None:
    refused = query(client, "com.atproto.identity.resolveHandle", handle="nobody.test")
    assert refused == {"error": "InvalidRequest", "message": "Unable to resolve handle"}
    assert client.get("/xrpc/com.example.nothing").json()["error"] == "MethodNotImplemented"
    assert query(client, "app.bsky.feed.getAuthorFeed", actor="larkspur.test", limit=101)["error"] == "InvalidRequest"


def test_the_directory_says_where_everybody_lives(client: Client) -> None:
    did = query(client, "com.atproto.identity.resolveHandle", handle="larkspur.test")["did"]
    document = client.get(f"/{did}").json()
    assert document["service"][0]["serviceEndpoint"] == "http://testserver"
    assert document["alsoKnownAs"] == ["at://larkspur.test"]


# --------------------------------------------------------------------------- the official client


def strange(value: Any, path: str = "") -> Iterator[str]:
    """Fields that the client's models do not know, and values that fell through its unions."""
    from atproto_client.models.dot_dict import DotDict
    from pydantic import BaseModel

    if isinstance(value, DotDict):
        yield f"{path}: no known type"
    elif isinstance(value, BaseModel):
        for name in value.model_extra or ():
            yield f"{path}.{name}: unknown to {type(value).__name__}"
        for name in type(value).model_fields:
            yield from strange(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for n, element in enumerate(value):
            yield from strange(element, f"{path}[{n}]")


def test_every_answer_satisfies_the_official_models_with_strict_formats(client: Client) -> None:
    pytest.importorskip("atproto")
    from atproto_client import models
    from atproto_client.models.utils import get_or_create

    def parsed(body: Any, model: Any) -> list[str]:
        return list(strange(get_or_create(body, model, strict_string_format=True), model.__module__))

    order(client, "hide", id=role(client, "hideable_comment"))
    items = [t for t in truth(client) if t["parent"] is None and not t["boost"]]
    did = items[0]["author_id"]
    found: list[str] = []
    for author in {t["author_id"] for t in truth(client) if t["state"] == "present"}:
        profile = query(client, "app.bsky.actor.getProfile", actor=author)
        found += parsed(profile, models.AppBskyActorDefs.ProfileViewDetailed)
    page = query(client, "app.bsky.feed.getAuthorFeed", actor=did, limit=100)
    found += parsed(page, models.AppBskyFeedGetAuthorFeed.Response)
    for item in items:
        body = query(client, "app.bsky.feed.getPostThread", uri=item["id"], depth=1000)
        found += parsed(body, models.AppBskyFeedGetPostThread.Response)
    gated = role(client, "hideable_comment")
    root = next(t["root"] for t in truth(client) if t["id"] == gated)
    v2 = models.AppBskyUnspeccedGetPostThreadV2.Response
    found += parsed(query(client, "app.bsky.unspecced.getPostThreadV2", anchor=root), v2)
    other = models.AppBskyUnspeccedGetPostThreadOtherV2.Response
    found += parsed(query(client, "app.bsky.unspecced.getPostThreadOtherV2", anchor=root), other)
    for collection in (POST, "app.bsky.feed.repost", "app.bsky.feed.threadgate", "app.bsky.actor.profile"):
        listed = query(client, "com.atproto.repo.listRecords", repo=did, collection=collection, limit=100)
        assert listed["records"]
        found += parsed(listed, models.ComAtprotoRepoListRecords.Response)
    token = {"Authorization": f"Bearer {session(client).json()['accessJwt']}"}
    body = query(client, "com.atproto.server.getSession", token)
    get_or_create(body, models.ComAtprotoServerGetSession.Response, strict_string_format=True)
    get_or_create(session(client).json(), models.ComAtprotoServerCreateSession.Response, strict_string_format=True)
    for method, model, params in (
        ("com.atproto.sync.getRepoStatus", models.ComAtprotoSyncGetRepoStatus.Response, {"did": did}),
        ("com.atproto.server.describeServer", models.ComAtprotoServerDescribeServer.Response, {}),
        (
            "com.atproto.identity.resolveHandle",
            models.ComAtprotoIdentityResolveHandle.Response,
            {"handle": "larkspur.test"},
        ),
    ):
        found += parsed(query(client, method, **params), model)
    assert found == []


def test_the_models_notice_an_unknown_field_and_a_bad_format(client: Client) -> None:
    pytest.importorskip("atproto")
    from atproto_client import models
    from atproto_client.exceptions import ModelError
    from atproto_client.models.utils import get_or_create

    good = query(client, "app.bsky.actor.getProfile", actor="larkspur.test")
    response = models.AppBskyActorDefs.ProfileViewDetailed
    surprised = get_or_create({**good, "surprise": 1}, response)
    assert list(strange(surprised)) == [".surprise: unknown to ProfileViewDetailed"]
    with pytest.raises(ModelError):
        get_or_create({**good, "did": "no did"}, response, strict_string_format=True)


def test_cids_are_those_that_the_official_codec_computes(client: Client) -> None:
    libipld = pytest.importorskip("libipld")
    from sandbox.atproto_data import cid_of_record, dag_cbor

    records = walk(client, "com.atproto.repo.listRecords", "records", repo="larkspur.test", collection=POST, limit=100)
    for record in records:
        decoded = libipld.decode_dag_cbor(dag_cbor(record["value"]))
        assert decoded["text"] == record["value"]["text"]
        assert cid_of_record(record["value"]) == record["cid"]
        if "embed" not in record["value"]:
            assert libipld.encode_dag_cbor(record["value"]) == dag_cbor(record["value"])
    assert libipld.decode_cid(records[0]["cid"])["codec"] == 0x71


@pytest.mark.slow
def test_the_official_client_logs_in_and_reads_every_thread(urls: dict[str, str]) -> None:
    atproto = pytest.importorskip("atproto")
    from atproto_client import exceptions

    api = atproto.Client(base_url=f"{urls['bluesky']}/xrpc")
    assert api.login("larkspur.test", password_of("larkspur")).display_name == "Larkspur Public Library"
    feed = api.get_author_feed("larkspur.test", limit=100)
    assert feed.cursor
    for view in feed.feed[:40]:
        if view.reason is None:
            thread = api.get_post_thread(view.post.uri, depth=100).thread
            assert len(thread.replies) <= thread.post.reply_count
    with pytest.raises(exceptions.BadRequestError):
        api.get_post_thread("at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/3aaaaaaaaaaaa")
    with pytest.raises(exceptions.UnauthorizedError):
        atproto.Client(base_url=f"{urls['bluesky']}/xrpc").login("larkspur.test", "wrong")
