"""The order in which records are read: every hit once, threads in context, nothing said of what is withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.foia.bundle.model import Contents
from social_archive.foia.bundle.reading import groups, media_name, moment
from social_archive.foia.bundle.records_pdf import parts
from social_archive.foia.dispositions import Hit, Item, ShownItem
from tests.social_archive.foia.bundle.paper_scene import DAY, SECRET, contents, row, version

SCENE = contents()


def test_threads_stand_together_and_what_shows_nothing_stays_beside_its_neighbour() -> None:
    larkspur, kids = groups(SCENE)
    assert (larkspur.title, kids.title) == ("Mastodon · larkspur", "Mastodon · larkspur-kids")
    entries = {entry.control[-5:]: entry for entry in larkspur.entries}
    assert [(number, entries[number].depth) for number in ("00001", "00002", "00003", "00004", "00005", "00006")] == [
        ("00001", 0), ("00002", 1), ("00003", 2), ("00004", 3), ("00005", 3), ("00006", 1)]  # fmt: skip
    assert entries["00004"].ending == "withheld, 7(1)(c)"
    assert entries["00010"].ending == "destroyed on schedule before this answer, certificate 2026-002"
    assert not entries["00004"].versions
    assert entries["00009"].answers == "answers a post or comment that is not part of this answer"
    assert entries["00005"].answers == ""
    assert SECRET not in repr(groups(SCENE))


def test_an_edit_and_a_removal_are_versions_of_one_record() -> None:
    (entry,) = (e for g in groups(SCENE) for e in g.entries if e.control.endswith("00006"))
    texts = [said.text for said in entry.versions]
    assert texts == ["The parking lot is a discrace.", "The parking lot is a disgrace.", ""]
    assert entry.versions[1].edited == ("2026-04-03 10:13:05 CDT", "2026-04-03 15:13:05 UTC")
    assert entry.versions[2].state == "removed from the platform"


def test_a_version_that_only_says_that_something_is_gone_takes_its_author_from_the_one_before() -> None:
    gone = row("c5", None, name=None, handle=None, created_at=None, state="deleted", under=None)
    shown = ShownItem(Item(Hit(1, "a" * 32, (1, 2)), "LPL-1", "released"),
                      (version(row("c5", "Hello.")), version(gone, number=2)))  # fmt: skip
    (group,) = groups(_with([shown]))
    assert [said.who for said in group.entries[0].versions] == ["Ada (invented)"] * 2
    assert group.entries[0].versions[1].posted == moment(DAY, ZoneInfo("America/Chicago"))


def test_files_are_named_by_control_number() -> None:
    picture = SCENE.items[0].versions[0].media[0]
    assert media_name(SCENE.items[0].item, SCENE.items[0].versions[0], picture) == "LPL-2026-014-00001-v1-0.png"


def test_times_are_local_with_their_zone_and_utc_on_both_sides_of_a_change_of_clocks() -> None:
    chicago = ZoneInfo("America/Chicago")
    assert moment(1_793_514_600_000_000, chicago) == ("2026-11-01 01:30:00 CDT", "2026-11-01 06:30:00 UTC")
    assert moment(1_793_518_200_000_000, chicago) == ("2026-11-01 01:30:00 CST", "2026-11-01 07:30:00 UTC")
    assert moment(None, chicago) == ("", "")


def test_what_answers_something_withheld_stands_under_its_number_and_what_is_cut_is_said() -> None:
    withheld = ShownItem(Item(Hit(1, "a" * 32, (1,)), "LPL-1", "withheld", ("7(1)(c)",)), ())
    below = ShownItem(Item(Hit(2, "b" * 32, (1,)), "LPL-2", "released"), (version(row("c1", "Yes.")),), answers="LPL-1")
    cut = version(row("c2", "No.", under=None), cut={"identity": ("7(1)(c)",)})
    lost = ShownItem(Item(Hit(3, "c" * 32, (1,)), "LPL-3", "redacted"), (cut,))
    (group,) = groups(_with([withheld, below, lost]))
    assert group.title == "Mastodon · larkspur"
    assert [(e.control, e.depth, e.answers) for e in group.entries] == [
        ("LPL-1", 0, ""), ("LPL-2", 1, ""), ("LPL-3", 0, "what it answers is redacted")]  # fmt: skip
    (silent,) = groups(_with([withheld]))
    assert silent.title == "Records of which nothing is shown"


@st.composite
def answers(draw: st.DrawFn) -> list[ShownItem]:
    """Records that answer any others, also themselves and in a ring; some are withheld, some have no ids left."""
    size = draw(st.integers(1, 12))
    made = []
    for n in range(size):
        under = draw(st.none() | st.integers(0, size).map(lambda i: f"n{i}"))
        account = draw(st.sampled_from(["one", "two"]))
        how = draw(st.sampled_from(["shown", "shown", "withheld", "unplaced"]))
        item = Item(Hit(n + 1, f"{n:032x}", (1,)), f"LPL-{n:02d}", "withheld" if how == "withheld" else "released")
        shown = version(row(f"n{n}", f"Text {n}.", under=under, minutes=n, account=account),
                        cut={"identity": ("7(1)(c)",)} if how == "unplaced" else None)  # fmt: skip
        above = draw(st.none() | st.integers(0, size).map(lambda i: f"LPL-{i:02d}"))
        made.append(ShownItem(item, () if how == "withheld" else (shown,), answers=above))
    return made


@settings(max_examples=40)
@given(answers(), st.integers(1, 5))
def test_every_hit_is_read_exactly_once_whatever_answers_what(items: list[ShownItem], size: int) -> None:
    found = groups(_with(items))
    controls = [entry.control for group in found for entry in group.entries]
    assert sorted(controls) == [one.item.control for one in items]
    for group in found:
        for above, below in zip(group.entries, group.entries[1:], strict=False):
            assert below.depth <= above.depth + 1
    cut = parts(found, size)
    assert [control for part in cut for control in part.controls] == controls
    assert all(len(part.controls) == size for part in cut[:-1])


def _with(items: Sequence[ShownItem]) -> Contents:
    return replace(SCENE, items=items)
