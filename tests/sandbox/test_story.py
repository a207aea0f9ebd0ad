from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import timedelta

import pytest

from sandbox.platforms import registry
from sandbox.story import build
from sandbox.world import World, midnight
from tests.sandbox.conftest import ANCHOR

PLATFORMS = list(registry())


@pytest.fixture(params=PLATFORMS)
def world(request: pytest.FixtureRequest) -> World:
    return build(request.param, ANCHOR)


def test_the_same_anchor_gives_the_same_world(world: World) -> None:
    assert build(world.platform, ANCHOR).items == world.items


def test_another_anchor_moves_the_whole_world_and_changes_no_word(world: World) -> None:
    later = build(world.platform, ANCHOR + timedelta(days=100))
    assert [i.text for i in later.items.values()] == [i.text for i in world.items.values()]
    posts = [i for i in world.items.values() if i.is_post]
    assert all(later.items[i.key].created - i.created == timedelta(days=100) for i in posts)


def test_everything_lies_within_the_year_before_the_anchor(world: World) -> None:
    end = midnight(ANCHOR)
    for item in world.items.values():
        assert end - timedelta(days=366) < item.created < end
        assert all(r.at < end for r in item.revisions)


def test_a_reply_comes_after_what_it_replies_to(world: World) -> None:
    for item in world.items.values():
        if item.parent:
            assert item.created > world.items[item.parent].created


def test_each_busy_account_has_a_year_of_posts_and_a_hundred_comments(world: World) -> None:
    for account in world.accounts.values():
        if account.stream == "archive":
            continue
        items = [i for i in world.items.values() if i.page == account.key]
        assert sum(i.is_post for i in items) >= 60
        assert sum(not i.is_post for i in items) >= 100


def test_every_kind_of_comment_is_there_under_the_main_account(world: World) -> None:
    found = Counter(i.category for i in world.items.values() if i.page == "larkspur")
    for category in (
        "praise", "complaint", "question", "answer", "spam", "advertisement", "private_information", "threat", "abuse",
        "off_topic", "political_campaign", "charity", "copyrighted",
    ):  # fmt: skip
        assert found[category] >= 2, category


def test_a_thread_goes_to_depth_seven(world: World) -> None:
    assert max(len(world.ancestors(i)) for i in world.items.values()) >= 7


def test_difficult_text_is_in_the_world(world: World) -> None:
    texts = "\n".join(i.text for i in world.items.values())
    assert "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" in texts
    assert {"\u202b", "\u202e", "\u200f", "\u2028", "\0", "\ufeff", "\U00020bb7"} <= set(texts)
    assert {"AL", "R", "NSM"} <= {unicodedata.bidirectional(c) for c in set(texts)}
    assert any(i.text.startswith("=cmd|") for i in world.items.values())
    assert "<script>" in texts
    assert any(i.text.isspace() for i in world.items.values())


def test_mastodon_has_a_lone_surrogate_and_a_letter_of_thirty_kilobytes() -> None:
    world = build("mastodon", ANCHOR)
    assert re.search("[\ud800-\udfff]", world.role("lone_surrogate")[0].text)
    assert len(world.role("very_long")[0].text.encode()) > 30_000


def test_bluesky_texts_fit_its_lexicon() -> None:
    for item in build("bluesky", ANCHOR).items.values():
        assert len(item.text.encode()) <= 3000, item.key


def test_private_information_is_visibly_invented(world: World) -> None:
    texts = "\n".join(i.text for i in world.items.values())
    for number in re.findall(r"\b\d{3}-\d{2}-\d{4}\b", texts):
        assert number.startswith("000-")
    for number in re.findall(r"\b(\d{3}-\d{4})\b", texts):
        assert number.startswith("555-01")
    for host in re.findall(r"[\w.]+@([\w.]+\w)", texts) + re.findall(r"https?://([\w.-]+)", texts):
        assert host.endswith((".example", "example.org")), host


def test_deleting_a_middle_reply_hides_what_is_under_it_but_not_from_its_id(world: World) -> None:
    middle = next(i for i in world.items.values() if i.role == "deletable_middle_reply")
    under = next(i for i in world.items.values() if i.role == "under_deletable")
    root = world.items[middle.root]
    assert under in world.descendants(root)
    world.items[middle.key].deleted = True
    assert under not in world.descendants(root)
    assert world.alive(under)
    assert world.state(under) == "unreachable"


def test_native_ids_are_unique(world: World) -> None:
    stand_in = registry()[world.platform](world, "http://x")
    assert len({stand_in.native(i) for i in world.items.values()}) == len(world.items)
    assert len({stand_in.native_account(a) for a in (*world.accounts, *world.people)}) == len(world.accounts) + len(
        world.people
    )


def test_mastodon_always_has_two_malformed_comments() -> None:
    broken = [i.malformed for i in build("mastodon", ANCHOR).items.values() if i.malformed]
    assert sorted(broken) == ["duplicate_key", "year_9999"]
