"""The YouTube stand-in, read by Google's own client, and where it behaves as the real API does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.control import Control, running
from sandbox.platforms.youtube import CLIENT_SECRET, INLINE_REPLIES, refresh_token_of
from tests.contracts import youtube as contract
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order, role


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("youtube")


def token(client: Client) -> str:
    form = f"grant_type=refresh_token&refresh_token={refresh_token_of('larkspur')}&client_secret={CLIENT_SECRET}"
    return str(client.post("/token", content=form).json()["access_token"])


def listed(client: Client, resource: str, **query: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token(client)}"}
    answer = client.get(f"/youtube/v3/{resource}", params=query, headers=headers)
    assert contract.unknown_parameters(resource, {k: str(v) for k, v in query.items()}) == []
    if answer.status_code == 200:
        assert contract.problems_of(resource, {}, answer.json()) == []
    return {"status": answer.status_code, **answer.json()}


def test_a_thread_shows_two_replies_and_the_rest_is_a_list_of_its_own(client: Client) -> None:
    truth = client.get("/_sandbox/truth").json()
    parents = [t["parent"] for t in truth if t["parent"] and t["parent"] != t["root"] and t["state"] == "present"]
    busiest = max(set(parents), key=parents.count)
    assert parents.count(busiest) > INLINE_REPLIES
    video = next(t["root"] for t in truth if t["id"] == busiest)
    threads = listed(client, "commentThreads", part="snippet,replies", videoId=video, maxResults=100)["items"]
    thread = next(t for t in threads if t["id"] == busiest)
    assert thread["snippet"]["totalReplyCount"] == parents.count(busiest)
    assert len(thread["replies"]["comments"]) == INLINE_REPLIES
    replies = listed(client, "comments", part="snippet", parentId=busiest, maxResults=100)["items"]
    assert len(replies) == parents.count(busiest)
    assert {r["snippet"]["parentId"] for r in replies} == {busiest}


def test_what_is_held_for_review_is_in_its_own_list_and_for_the_owner_only(client: Client) -> None:
    held = order(client, "hide", id=role(client, "hideable_comment"))
    spam = order(client, "hold", id=role(client, "spam"))
    for item, queue in ((held, "heldForReview"), (spam, "likelySpam")):
        query = {"part": "snippet", "videoId": item["root"], "maxResults": 100}
        assert item["id"] not in {t["id"] for t in listed(client, "commentThreads", **query)["items"]}
        waiting = listed(client, "commentThreads", **query, moderationStatus=queue)["items"]
        assert [t["snippet"]["topLevelComment"]["snippet"]["moderationStatus"] for t in waiting] == [queue]
        refused = client.get("/youtube/v3/commentThreads", params={**query, "moderationStatus": queue, "key": "any"})
        assert refused.status_code == 403


def test_a_deleted_comment_takes_its_replies_along_and_an_id_that_is_gone_is_an_empty_list(client: Client) -> None:
    truth = client.get("/_sandbox/truth").json()
    reply = next(t for t in truth if t["parent"] and t["parent"] != t["root"] and t["state"] == "present")
    order(client, "delete", id=reply["parent"])
    for gone in (reply["id"], reply["parent"]):
        assert listed(client, "comments", part="snippet", id=gone)["items"] == []


def test_a_spent_quota_is_a_403_with_a_reason_and_no_hint_until_when(client: Client) -> None:
    order(client, "fault", kind="throttle", path="/youtube/v3")
    refused = listed(client, "channels", part="id", mine="true")
    assert (refused["status"], refused["error"]["errors"][0]["reason"]) == (403, "quotaExceeded")


def test_a_dead_refresh_token_is_an_invalid_grant(client: Client) -> None:
    order(client, "expire_tokens", account="larkspur")
    refused = client.post("/token", content=f"refresh_token={refresh_token_of('larkspur')}")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


# --------------------------------------------------------------------------- Google's own client


@pytest.fixture(scope="module")
def google() -> Iterator[tuple[Any, Control]]:
    """Google's client, built from its static discovery document, pointed at a stand-in."""
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build

    with running(only=["youtube"]) as urls:
        here = urls["youtube"]
        credentials = Credentials(  # type: ignore[no-untyped-call]
            None, refresh_token=refresh_token_of("larkspur"), client_id="any", client_secret=CLIENT_SECRET,
            token_uri=f"{here}/token",
        )  # fmt: skip
        service = build(
            "youtube", "v3", credentials=credentials, client_options={"api_endpoint": here}, static_discovery=True
        )
        yield service, Control(here)


@pytest.mark.slow
def test_googles_own_client_reads_every_video_and_comment(google: tuple[Any, Control]) -> None:
    service, control = google
    channel = service.channels().list(part="contentDetails", mine=True).execute()["items"][0]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    request = service.playlistItems().list(part="contentDetails", playlistId=uploads, maxResults=50)
    videos: list[str] = []
    while request is not None:
        page = request.execute()
        videos += [item["contentDetails"]["videoId"] for item in page["items"]]
        request = service.playlistItems().list_next(request, page)
    seen = set(videos)
    for video in videos:
        request = service.commentThreads().list(part="snippet", videoId=video, maxResults=20)
        while request is not None:
            page = request.execute()
            for thread in page["items"]:
                seen.add(thread["snippet"]["topLevelComment"]["id"])
                if thread["snippet"]["totalReplyCount"]:
                    replies = service.comments().list(part="snippet", parentId=thread["id"], maxResults=100).execute()
                    seen |= {reply["id"] for reply in replies["items"]}
            request = service.commentThreads().list_next(request, page)
    assert seen == {t["id"] for t in control.truth() if t["state"] == "present"}


@pytest.mark.slow
def test_googles_own_client_refuses_a_parameter_that_the_contract_refuses(google: tuple[Any, Control]) -> None:
    service, _ = google
    with pytest.raises(TypeError, match="unexpected keyword"):
        service.comments().list(part="snippet", videoId="x")
    assert contract.unknown_parameters("/youtube/v3/comments", {"videoId": "x"}) == ["videoId"]
    assert contract.unknown_parameters("/youtube/v3/commentThreads", {"order": "newest"}) == ["order=newest"]


def test_the_contract_finds_unknown_and_mistyped_fields() -> None:
    good = {"kind": "youtube#commentListResponse", "items": [{"kind": "youtube#comment", "id": "x", "snippet": {}}]}
    assert contract.problems_of("", {}, good) == []
    for spoilt in ({"likeCount": "3"}, {"likes": 3}, {"authorChannelId": "UC1"}):
        good["items"] = [{"kind": "youtube#comment", "id": "x", "snippet": spoilt}]
        assert contract.problems_of("", {}, good) != []
