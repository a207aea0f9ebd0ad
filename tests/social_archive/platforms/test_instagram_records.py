"""instagram: what is made of its JSON, well-formed or not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from social_archive.errors import Unintelligible
from social_archive.record import Observation, Unreadable, evidential_digest
from tests.social_archive.platforms.instagram_answers import (
    ACCOUNT,
    ME,
    POST,
    REPLY,
    SINCE_1970,
    TOP,
    adapter,
    comment,
    media,
    only,
    page,
    parsed,
)

# --------------------------------------------------------------------------- parsing: comments


def test_a_comment_and_its_replies_are_records_of_their_own_with_their_own_bytes() -> None:
    inner = {"data": [comment(REPLY, "No, mine.", parent_id=TOP)]}
    body = json.dumps({"data": [{**comment(), "replies": inner}]}, separators=(",", ":")).encode()
    top, reply = parsed(body)
    assert isinstance(top, Observation)
    assert isinstance(reply, Observation)
    assert (top.kind, top.parent_native_id, top.root_native_id) == ("comment", POST, POST)
    assert (reply.kind, reply.parent_native_id, reply.root_native_id) == ("reply", TOP, POST)
    assert (top.author_id, top.author_handle, top.author_is_account, top.likes) == ("8123", "mara", False, 2)
    assert top.created_at_text == "2026-05-01T10:00:00+0000"
    assert top.created_at == (datetime(2026, 5, 1, 10, tzinfo=UTC) - SINCE_1970) // timedelta(microseconds=1)
    assert reply.native in body
    assert b"No, mine." not in top.native
    assert json.loads(top.native) == comment()
    assert body.startswith(b'{"data":[' + top.native[:-1])  # what is left is byte for byte what came


def test_a_comment_parses_alike_wherever_it_is_seen() -> None:
    """Else it would seem edited whenever it is met in another way."""
    reply = comment(REPLY, parent_id=TOP)
    thread = parsed({"data": [{**comment(), "replies": {"data": [reply]}}]})
    alone = [only({**comment(), "media": {"id": POST}}, root=None), only({**reply, "media": {"id": POST}}, root=None)]
    of_replies = parsed({"data": [reply]}, parent=TOP)
    digests = [evidential_digest(o) for o in thread if isinstance(o, Observation)]
    assert digests == [evidential_digest(o) for o in alone]
    assert isinstance(of_replies[0], Observation)
    assert digests[1] == evidential_digest(of_replies[0])


def test_the_account_is_known_by_its_name_because_ids_of_authors_are_scoped() -> None:
    ours = comment(username="larkspur", **{"from": {"id": "8999", "username": "larkspur"}})
    assert only(ours).author_is_account
    assert not only(comment()).author_is_account


def test_a_hidden_comment_says_so() -> None:
    assert only(comment(hidden=True)).state == "hidden"
    assert only(comment()).state == "present"


@pytest.mark.parametrize("native_id", [17870913679156914, 2**63 + 11])
def test_an_id_that_comes_as_a_number_keeps_every_digit(native_id: int) -> None:
    assert only(comment(native_id)).native_id == str(native_id)


@pytest.mark.parametrize(
    ("native", "reason"),
    [
        (json.dumps(comment())[:-1] + ',"text":"another"}', "duplicate_key"),
        (json.dumps(comment())[:-1] + ',"score":NaN}', "not_finite"),
        (json.dumps(comment(1.5e18)), "id_not_exact"),
        (json.dumps({k: v for k, v in comment().items() if k != "id"}), "id_missing"),
        ('"a text"', "not_an_object"),
    ],
)
def test_what_cannot_be_trusted_is_quarantined_and_hides_nothing(native: str, reason: str) -> None:
    found = parsed(f'{{"data":[{native},{json.dumps(comment(REPLY))}]}}'.encode())
    assert isinstance(found[0], Unreadable)
    assert (found[0].reason, found[0].native) == (reason, native.encode())
    assert isinstance(found[1], Observation)
    assert found[1].native_id == REPLY


def test_replies_inside_a_comment_that_cannot_be_trusted_are_read_all_the_same() -> None:
    replies = json.dumps({"data": [comment(REPLY)]})
    native = json.dumps(comment())[:-1] + f',"text":"another","replies":{replies}}}'
    broken, reply = parsed(f'{{"data":[{native}]}}'.encode())
    assert isinstance(broken, Unreadable)
    assert broken.reason == "duplicate_key"
    assert isinstance(reply, Observation)
    assert (reply.native_id, reply.parent_native_id) == (REPLY, TOP)


def test_replies_in_another_shape_are_quarantined_and_cost_the_comment_nothing() -> None:
    assert [type(o) for o in parsed({"data": [{**comment(), "replies": None}]})] == [Observation]
    top, odd = parsed({"data": [{**comment(), "replies": [comment(REPLY)]}]})
    assert isinstance(top, Observation)
    assert isinstance(odd, Unreadable)
    assert (odd.reason, json.loads(odd.native)) == ("replies_unreadable", [comment(REPLY)])


def test_drift_costs_its_field_only() -> None:
    odd = only(comment(text={"unexpected": ["object"]}, username=7, hidden="no"))
    assert (odd.body, odd.author_handle, odd.state) == ("", "mara", "present")
    assert odd.flags == ("schema_drift",)
    repaired = parsed(b'{"data":[' + json.dumps(comment()).replace("Lovely.", "\\ud83d \\u0000").encode() + b"]}")[0]
    assert isinstance(repaired, Observation)
    assert repaired.body == "\ufffd \x00 (invented)"
    assert repaired.flags == ("text_repaired",)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"data":{}}', b'{"data":[],"data":[]}'])
def test_a_page_of_another_shape_is_never_an_empty_one(body: bytes) -> None:
    with pytest.raises(Unintelligible):
        parsed(body)


def test_a_quarantined_comment_can_be_read_again_from_its_bytes() -> None:
    native = json.dumps(comment(REPLY, parent_id=TOP)).encode()
    again = adapter().reparse(native, page(b"", kind="item"))
    assert isinstance(again, Observation)
    assert (again.native_id, again.kind, again.root_native_id) == (REPLY, "reply", POST)


# --------------------------------------------------------------------------- parsing: posts, stories, the profile


def test_a_post_has_its_picture_under_an_id_that_no_signature_changes() -> None:
    one, other = (only(media(media_url=f"https://scontent-{n}.cdninstagram.com/v/a.jpg?oh={n}"), what="media")
                  for n in (1, 2))  # fmt: skip
    assert evidential_digest(one) == evidential_digest(other)
    assert [(m.id, m.alt) for m in one.media] == [(POST, "A window.")]
    assert (one.kind, one.author_id, one.author_is_account, one.replies) == ("post", ACCOUNT, True, 1)
    assert one.permalink == "https://www.instagram.com/p/Cx/"


def test_an_album_is_kept_part_by_part_and_a_film_with_its_still() -> None:
    parts = [{"id": n, "media_url": f"https://x.cdninstagram.com/{n}", "alt_text": n} for n in "12"]
    album = only(media(media_type="CAROUSEL_ALBUM", children={"data": parts}), what="media")
    assert [(m.id, m.alt) for m in album.media] == [("1", "1"), ("2", "2")]
    film = only(media(media_type="VIDEO", thumbnail_url="https://x.cdninstagram.com/still"), what="media")
    assert [m.id for m in film.media] == [POST, f"{POST}/thumbnail"]


def test_a_post_whose_media_instagram_withholds_says_so() -> None:
    withheld = {k: v for k, v in media(is_comment_enabled=False).items() if k != "media_url"}
    assert only(withheld, what="media").flags == ("comments_off", "media_withheld")


def test_a_story_is_a_story_and_says_that_it_ends() -> None:
    story = only(media(media_product_type="STORY"), what="media")
    assert (story.kind, story.flags, story.state) == ("story", ("shown_24_hours",), "present")


def test_a_post_that_somebody_else_made_is_not_the_accounts() -> None:
    theirs = only(media(username="other_library"), what="media")
    assert (theirs.author_is_account, theirs.author_id, theirs.author_handle) == (False, None, "other_library")


def test_the_profile_changes_with_its_picture_and_not_with_its_address() -> None:
    def seen(url: str) -> Observation:
        return only({**ME, "profile_picture_url": url}, "profile", what="profile")

    first = seen("https://scontent-a.cdninstagram.com/v/7_n.jpg?oh=a")
    assert first.native_id == ACCOUNT
    assert first.links == ("https://larkspur.example", "https://larkspur.example/policy")
    assert evidential_digest(first) == evidential_digest(seen("https://scontent-b.cdninstagram.com/w/7_n.jpg?oh=b"))
    assert evidential_digest(first) != evidential_digest(seen("https://scontent-a.cdninstagram.com/v/8_n.jpg?oh=a"))
