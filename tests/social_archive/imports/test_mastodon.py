"""Mastodon's archive: ids of the server's API, threads among the account's own posts, what others said only by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from social_archive.imports.mastodon import Mastodon
from social_archive.joining import is_idless
from social_archive.record import Observation, Unreadable, micros
from tests.social_archive.imports.conftest import parse

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

HOME = "https://town.example/users/larkspur"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def note(number: int, content: str = "<p>Hello</p>", **more: Any) -> dict[str, Any]:
    address = f"{HOME}/statuses/{number}"
    said = {
        "id": address, "type": "Note", "summary": None, "inReplyTo": None, "published": "2026-05-01T10:00:00Z",
        "url": f"https://town.example/@larkspur/{number}", "attributedTo": HOME, "to": [PUBLIC],
        "cc": [f"{HOME}/followers"], "sensitive": False, "content": content, "contentMap": {"en": content},
        "attachment": [], "tag": [], **more,
    }  # fmt: skip
    return {"id": f"{address}/activity", "type": "Create", "actor": HOME, "published": said["published"],
            "to": said["to"], "cc": said["cc"], "object": said}  # fmt: skip


def outbox(*activities: Any) -> str:
    raws = ",".join(each if isinstance(each, str) else json.dumps(each) for each in activities)
    return (
        '{"@context":"https://www.w3.org/ns/activitystreams","id":"outbox.json","type":"OrderedCollection",'
        f'"totalItems":{len(activities)},"orderedItems":[{raws}]}}'
    )


def read(zipped: Zipped, *activities: Any, **members: str | bytes) -> list[Observation | Unreadable]:
    return parse(Mastodon(), zipped("m.zip", {"outbox.json": outbox(*activities), **members}))


def observed(items: list[Observation | Unreadable]) -> list[Observation]:
    assert all(isinstance(item, Observation) for item in items)
    return [item for item in items if isinstance(item, Observation)]


def test_a_post_has_the_servers_own_id(zipped: Zipped) -> None:
    said = note(
        115000000000000001, '<p>Foxes &amp; ferns<br />at <a href="https://larkspur.example">home</a></p>',
        updated="2026-05-02T10:00:00Z",
    )  # fmt: skip
    (o,) = observed(read(zipped, said))
    assert (o.kind, o.native_id, o.body) == ("post", "115000000000000001", "Foxes & ferns\nat home")
    assert o.links == ("https://larkspur.example",)
    assert (o.author_is_account, o.author_handle, o.language) == (True, "larkspur", "en")
    assert o.created_at == micros(datetime(2026, 5, 1, 10, tzinfo=UTC))
    assert o.edited_at == micros(datetime(2026, 5, 2, 10, tzinfo=UTC))
    assert json.loads(o.native) == said
    assert o.flags == ()


def test_newer_servers_name_accounts_by_number(zipped: Zipped) -> None:
    home = "https://town.example/ap/users/109000000000000007"
    said = note(1, attributedTo=home, id=f"{home}/statuses/115000000000000001")
    actor = {"id": home, "type": "Person", "preferredUsername": "larkspur", "name": "Larkspur"}
    profile, o = observed(read(zipped, said, **{"actor.json": json.dumps(actor)}))
    assert (o.native_id, o.author_id) == ("115000000000000001", "109000000000000007")
    assert (profile.native_id, profile.author_handle) == ("109000000000000007", "larkspur")


def test_threads_among_own_posts_are_known_and_others_are_named(zipped: Zipped) -> None:
    top, under, down, away, lost = observed(read(
        zipped, note(1), note(2, inReplyTo=f"{HOME}/statuses/1"), note(3, inReplyTo=f"{HOME}/statuses/2"),
        note(4, inReplyTo="https://far.example/users/mara/statuses/77"), note(5, inReplyTo=f"{HOME}/statuses/999"),
    ))  # fmt: skip
    assert [(o.kind, o.parent_native_id, o.root_native_id) for o in (top, under, down)] == [
        ("post", None, None), ("comment", "1", "1"), ("reply", "2", "1"),
    ]  # fmt: skip
    assert (away.kind, away.root_native_id) == ("reply", None)
    assert away.parent_native_id == "import:remote/https://far.example/users/mara/statuses/77"
    assert is_idless(away.parent_native_id)  # the server would not know it
    assert (lost.kind, lost.parent_native_id, lost.root_native_id) == ("reply", "999", None)


def test_replies_that_name_each_other_in_a_circle_end(zipped: Zipped) -> None:
    one, two = observed(read(
        zipped, note(1, inReplyTo=f"{HOME}/statuses/2"), note(2, inReplyTo=f"{HOME}/statuses/1"),
    ))  # fmt: skip
    assert (one.root_native_id, two.root_native_id) == (None, None)


def test_a_boost_names_what_it_boosted(zipped: Zipped) -> None:
    boost = {
        "id": f"{HOME}/statuses/9/activity", "type": "Announce", "actor": HOME, "published": "2026-05-03T10:00:00Z",
        "to": [PUBLIC], "cc": [], "object": "https://far.example/users/mara/statuses/77",
    }  # fmt: skip
    (o,) = observed(read(zipped, boost))
    assert (o.native_id, o.flags, o.kind) == ("9", ("reblog",), "post")
    assert o.links == ("https://far.example/users/mara/statuses/77",)


def test_attachments_have_the_servers_ids_and_lie_in_the_archive(zipped: Zipped) -> None:
    path = "media_attachments/files/109/876/543/210/123/456/original/abc.png"
    attachment = {"type": "Document", "mediaType": "image/png", "url": f"/{path}", "name": "A fox."}
    old = {"type": "Document", "mediaType": "image/png", "url": "/media_attachments/files/000/001/234/original/x.png"}
    (o,) = observed(read(zipped, note(1, attachment=[attachment, old]), **{path: b"png"}))
    assert [(m.id, m.alt) for m in o.media] == [("109876543210123456", "A fox."), ("1234", None)]
    assert o.media[0].url == f"/{path}"


@pytest.mark.parametrize(
    ("more", "flags", "body"),
    [
        ({"summary": "Spoiler", "sensitive": True}, ("sensitive",), "CW: Spoiler\n\nHello"),
        ({"to": [f"{HOME}/followers"], "cc": []}, ("private",), "Hello"),
        ({"to": ["https://far.example/users/mara"], "cc": []}, ("direct",), "Hello"),
        ({"to": [f"{HOME}/followers"], "cc": [PUBLIC]}, (), "Hello"),
        ({"type": "Question", "oneOf": [{"type": "Note", "name": "Yes"}, {"name": "No"}]}, ("poll",),
         "Hello\n( ) Yes\n( ) No"),
    ],
)  # fmt: skip
def test_warnings_audiences_and_polls(zipped: Zipped, more: dict[str, Any], flags: tuple[str, ...], body: str) -> None:
    (o,) = observed(read(zipped, note(1, **more)))
    assert (o.flags, o.body) == (flags, body)


def test_the_profile(zipped: Zipped) -> None:
    actor = {
        "id": HOME, "type": "Person", "preferredUsername": "larkspur", "name": "Larkspur Library",
        "summary": "<p>Books.</p>", "url": "https://town.example/@larkspur", "published": "2019-03-04T00:00:00Z",
        "attachment": [{"type": "PropertyValue", "name": "Web", "value": '<a href="https://l.example">l.example</a>'}],
        "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png"},
    }  # fmt: skip
    profile, _ = observed(read(zipped, note(1), **{"actor.json": json.dumps(actor), "avatar.png": b"png"}))
    assert (profile.kind, profile.author_name, profile.body) == (
        "profile", "Larkspur Library", "Books.\n\nWeb: l.example",
    )  # fmt: skip
    assert is_idless(profile.native_id)  # an old archive does not say the account's number
    assert (profile.links, profile.media[0].url) == (("https://l.example",), "avatar.png")


def test_a_broken_item_hides_no_other(zipped: Zipped) -> None:
    body = outbox(
        note(1), '{"type":"Create","type":"Create"}', {"type": "Like", "object": "x"}, "17",
        {"type": "Create", "id": "x", "object": {"id": "no number", "type": "Note", "content": "x"}},
        {"type": "Create", "object": "https://town.example/x"}, note(2, "<p>BROKEN</p>"), note(3),
    ).encode().replace(b"BROKEN", b"\xff\xfe")  # fmt: skip
    items = parse(Mastodon(), zipped("m.zip", {"outbox.json": body}))
    assert [o.native_id for o in items if isinstance(o, Observation)] == ["1", "3"]
    assert [o.reason for o in items if isinstance(o, Unreadable)] == [
        "duplicate_key", "activity_unknown", "not_an_object", "native_id_missing", "no_object", "not_utf8",
    ]  # fmt: skip


def test_a_document_that_was_cut_off_goes_to_quarantine_whole(zipped: Zipped) -> None:
    cut = outbox(note(1), note(2))[:-40]
    (item,) = parse(Mastodon(), zipped("m.zip", {"outbox.json": cut}))
    assert isinstance(item, Unreadable)
    assert (item.reason, item.native) == ("not_json", cut.encode())
