"""Facebook's JSON as records: what is read out of it, what is flagged, what goes to quarantine."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from social_archive.errors import Unintelligible
from social_archive.platforms.base import Page
from social_archive.platforms.facebook_records import read
from social_archive.record import Observation, Unreadable, evidential_digest
from tests.social_archive.platforms.graph_script import COMMENT, PAGE, POST, THE_PAGE, adapter, comment, post


def page(body: bytes, edge: str = "comments", kind: Any = "thread", **context: Any) -> Page:
    known = {"edge": edge, "page": PAGE, **({"root": POST} if edge == "comments" else {}), **context}
    return Page(kind=kind, endpoint="https://graph.example/x", body=body, response_sha256="0" * 64, http_date=None,
                observed_at=1, context=known)  # fmt: skip


def read_one(item: dict[str, Any] | bytes, edge: str = "comments") -> Observation | Unreadable:
    native = item if isinstance(item, bytes) else msgspec.json.encode(item)
    [found] = read(page(b'{"data":[' + native + b"]}", edge, "posts" if edge == "posts" else "thread"))
    assert found.native == native
    return found


def seen(item: dict[str, Any], edge: str = "comments") -> Observation:
    found = read_one(item, edge)
    assert isinstance(found, Observation)
    return found


def attached(*items: dict[str, Any]) -> Observation:
    return seen(post(attachments={"data": list(items)}), "posts")


def test_a_comment_and_an_answer_to_it() -> None:
    found = seen(comment(permalink_url="https://www.facebook.com/c", comment_count=2))
    assert (found.kind, found.parent_native_id, found.root_native_id) == ("comment", POST, POST)
    assert (found.author_name, found.author_is_account, found.likes, found.replies) == ("Mara Invented", False, 1, 2)
    assert found.created_at == 1_777_633_200_000_000
    answer = seen(comment("1_2", parent={"id": COMMENT}, **{"from": {"id": PAGE, "name": "Larkspur"}}))
    assert (answer.kind, answer.parent_native_id, answer.author_is_account) == ("reply", COMMENT, True)


def test_hidden_and_private_comments_are_kept_with_what_they_are() -> None:
    assert seen(comment(is_hidden=True)).state == "hidden"
    assert seen(comment(is_private=True)).flags == ("private",)


def test_a_comment_without_an_author_is_still_one() -> None:
    found = seen({name: value for name, value in comment().items() if name != "from"})
    assert (found.author_id, found.flags, found.body) == (None, (), "At last! (invented)")


@pytest.mark.parametrize(
    "odd",
    [{"message": {"a": 1}}, {"from": "Mara"}, {"parent": [1]}, {"is_hidden": "yes"}, {"like_count": "many"},
     {"created_time": "yesterday"}, {"attachment": "x"}, {"attachment": {"media": {"image": {"src": 7}}}}],
)  # fmt: skip
def test_a_field_of_another_type_costs_that_field_and_is_flagged(odd: dict[str, Any]) -> None:
    found = seen(comment(**odd))
    assert "schema_drift" in found.flags
    assert found.native_id == COMMENT


@pytest.mark.parametrize(
    ("native", "reason"),
    [
        (b'{"id":"1_2","id":"1_3"}', "duplicate_key"), (b'{"id":"1_2","n":NaN}', "not_finite"),
        (b'{"id":1.5e18}', "id_not_exact"), (b'{"message":"x"}', "id_missing"), (b'{"id":""}', "id_missing"),
        (b'"x"', "not_an_object"), (b'{"id":"\xff"}', "not_utf8"), (b'{"id":"1_2","n":1e999}', "not_finite"),
    ],
)  # fmt: skip
def test_an_item_that_cannot_be_trusted_goes_to_quarantine_alone(native: bytes, reason: str) -> None:
    neighbour = msgspec.json.encode(comment("9_9"))
    for edge in ("comments", "posts"):
        found = list(read(page(b'{"data":[' + native + b"," + neighbour + b"]}", edge, "thread")))
        assert isinstance(found[0], Unreadable)
        assert (found[0].reason, found[0].native) == (reason, native)
        assert isinstance(found[1], Observation)


def test_ids_beyond_64_bits_of_float_and_odd_text_are_kept() -> None:
    assert seen(comment(1234567890123456789)).native_id == "1234567890123456789"
    assert (seen(comment(message="a\x00b")).body or "").endswith("\x00b")
    surrogate = read_one(b'{"id":"1_2","message":"odd \\ud83d"}')
    assert isinstance(surrogate, Observation)
    assert (surrogate.body, surrogate.flags) == ("odd \ufffd", ("text_repaired",))


def test_a_page_that_is_no_list_is_unintelligible() -> None:
    for body in (b'{"id":"1"}', b"[]", b'{"data":{}}', b'{"data":[],"data":[]}'):
        with pytest.raises(Unintelligible):
            list(read(page(body)))


# --------------------------------------------------------------------------- attachments


def photo(name: str, signature: int = 1, **more: Any) -> dict[str, Any]:
    image = {"src": f"https://scontent.xx.fbcdn.net/{name}.jpg?oh={signature}"}
    return {"type": "photo", "target": {"id": name}, "media": {"image": image}, **more}


def test_photos_go_by_their_own_id_whatever_their_address_is_signed_with() -> None:
    first, again = attached(photo("31", 1)), attached(photo("31", 2))
    assert [m.id for m in first.media] == ["31"]
    assert evidential_digest(first) == evidential_digest(again)
    assert evidential_digest(first) != evidential_digest(attached(photo("32", 1)))


def test_an_albums_photos_come_once_each_with_their_captions() -> None:
    parts = [photo("31", description="A cat"), photo("32", description="Beans are in. (invented)")]
    found = attached({**photo("31"), "type": "album", "subattachments": {"data": parts}})
    assert [(m.id, m.alt) for m in found.media] == [("31", "A cat"), ("32", None)]  # a caption that is the text is none


def test_a_film_is_kept_with_its_poster() -> None:
    film = photo("41")
    film["media"]["source"] = "https://video.xx.fbcdn.net/41.mp4?oh=1"
    found = attached({**film, "type": "video_inline"})
    assert [(m.id, m.url.rpartition(".")[2][:3]) for m in found.media] == [("41", "mp4"), ("41/poster", "jpg")]


def test_a_shared_link_is_where_it_leads_and_not_facebooks_detour() -> None:
    detour = "https://l.facebook.com/l.php?u=https%3A%2F%2Flarkspur.example%2Fa%3Fb%3D1&h=AT0{}"
    first, again = (attached({"type": "share", "url": detour.format(n), "title": str(n)}) for n in (1, 2))
    assert first.links == ("https://larkspur.example/a?b=1",)
    assert evidential_digest(first) == evidential_digest(again)
    plain = attached({"type": "share", "url": detour.format(1), "unshimmed_url": "https://larkspur.example/"})
    assert plain.links == ("https://larkspur.example/",)


def test_a_sticker_without_a_word_is_a_comment_with_a_picture() -> None:
    sticker = {"type": "sticker", "media": {"image": {"src": "https://scontent.xx.fbcdn.net/s.png?x=1"}}}
    found = seen(comment(message="", attachment=sticker))
    assert (found.body, [m.id for m in found.media]) == ("", [f"{COMMENT}/1"])


# --------------------------------------------------------------------------- posts


def test_a_posts_flags_counts_and_facebooks_own_sentence() -> None:
    counted = {"data": [], "summary": {"total_count": 5}}
    told = {"story": "Larkspur updated their cover photo.", "message": None, "shares": {"count": 2}}
    state = {"is_published": False, "is_hidden": True, "is_expired": True}
    found = seen(post(**told, **state, comments=counted, reactions=counted), "posts")
    assert (found.state, found.flags) == ("hidden", ("unpublished", "expired"))
    assert (found.likes, found.replies, found.shares, found.body) == (5, 5, 2, "Larkspur updated their cover photo.")


def test_a_new_comment_under_a_post_makes_no_new_version_of_the_post() -> None:
    before = seen(post(), "posts")
    after = seen(post(updated_time="2026-05-09T10:00:00+0000", comments={"summary": {"total_count": 9}}), "posts")
    assert evidential_digest(before) == evidential_digest(after)


def test_the_pages_own_record_tells_what_the_public_reads() -> None:
    told = {"website": "https://larkspur.example", "emails": ["b@larkspur.example", "a@larkspur.example"],
            "hours": {"mon_1_open": "10:00"}, "description": "Invented.", "phone": "555-0100"}  # fmt: skip
    [found] = read(page(msgspec.json.encode({**THE_PAGE, **told}), "page", "profile"))
    assert isinstance(found, Observation)
    assert found.body == (
        "Invented.\n\nWebsite: https://larkspur.example\nTelephone: 555-0100\n"
        "E-mail: a@larkspur.example, b@larkspur.example\nHours: mon_1_open 10:00"
    )
    assert (found.author_name, found.author_handle) == ("Larkspur Public Library", "larkspur")


# --------------------------------------------------------------------------- out of quarantine


@pytest.mark.parametrize(
    ("item", "context", "kind"),
    [
        (comment(), {"edge": "comments", "page": PAGE, "root": POST}, "comment"),
        (comment(), {"kind": "comment", "root_native_id": POST}, "comment"),
        (post(), {"edge": "posts", "page": PAGE}, "post"), (post(), {"kind": "post"}, "post"),
        (THE_PAGE, {"kind": "profile"}, "profile"), (THE_PAGE, {"edge": "page", "page": PAGE}, "profile"),
        ({"data": []}, {"edge": "blocked", "page": PAGE}, "setting"),
    ],
)  # fmt: skip
def test_an_item_can_be_read_again_from_its_bare_bytes(
    item: dict[str, Any], context: dict[str, Any], kind: str
) -> None:
    native = msgspec.json.encode(item)
    bare = Page(kind="profile" if context.get("kind") == "profile" else "item", endpoint="", body=native,
                response_sha256="", http_date=None, observed_at=1, context=context)  # fmt: skip
    found = adapter(None).reparse(native, bare)
    assert isinstance(found, Observation)
    assert (found.kind, found.native) == (kind, native)
    if kind == "comment":
        assert found.root_native_id == POST
