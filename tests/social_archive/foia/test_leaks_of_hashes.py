"""A hash on a page is no leak, although a short id could stand in the gaps that its letters come out with."""

from __future__ import annotations

from dataclasses import replace

from social_archive.foia.bundle import search_statement
from social_archive.foia.dispositions import Term
from social_archive.foia.leaks import scan
from tests.social_archive.foia.bundle import paper_scene

HASH = "7fc1c161499a9d227a9610bbc206b2269ae5acbb905c38c7e6fb5929fdc91d4e"  # came out as "… c1 c c1 6 1 …"


def test_a_short_id_in_a_hash_stops_no_bundle_and_a_word_beside_it_does() -> None:
    made = paper_scene.contents()
    frozen = search_statement.frozen(made)
    assert frozen is not None
    events = tuple(replace(frozen, sha256=HASH) if one.id == frozen.id else one for one in made.request.file.events)
    request = replace(made.request, file=replace(made.request.file, events=events))
    papers = list(search_statement.write(replace(made, request=request)))
    assert scan(papers, [Term("c1", "x", "a" * 32)]) == []
    assert scan(papers, [Term("parking", "x", "a" * 32)]) != []
