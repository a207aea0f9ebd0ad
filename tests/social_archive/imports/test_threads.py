"""Threads' part of the download."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from social_archive.imports.threads import Threads
from social_archive.record import Observation, Unreadable
from tests.social_archive.imports.conftest import parse

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

AT = 1_780_315_200
NAME = "your_instagram_activity/threads/threads_and_replies.json"


def test_texts_with_and_without_pictures(zipped: Zipped) -> None:
    path = zipped("t.zip", {NAME: json.dumps({"text_post_app_text_posts": [
        {"media": [{"uri": "", "creation_timestamp": AT, "title": "Caf\u00c3\u00a9 at 3"}]},
        {"media": [{"uri": "media/p.jpg", "creation_timestamp": AT + 1, "title": "The mural"}, {"uri": "media/q.jpg"}]},
        {"media": []},
    ]})})  # fmt: skip
    first, second, nothing = parse(Threads(), path)
    assert isinstance(first, Observation)
    assert isinstance(second, Observation)
    assert (first.body, first.created_at, first.media) == ("Café at 3", AT * 10**6, ())
    assert ([m.id for m in second.media], second.body) == (["p.jpg", "q.jpg"], "The mural")
    assert isinstance(nothing, Unreadable)
