"""Praise and criticism, one party and the other, yes and no: the same flags, for every criterion there is."""

from __future__ import annotations

import pytest

from social_archive.policy.batch import Batch
from social_archive.policy.criteria.obscene import Obscene
from social_archive.policy.criterion import Criterion, Hit, Rule
from social_archive.policy.suite import Check, Suite
from tests.social_archive.policy.viewpoint import Pair, all_checks, differences, pairs

AT_LEAST = 20_000


@pytest.fixture(scope="module")
def every_pair() -> list[Pair]:
    return list(pairs())


@pytest.mark.slow
@pytest.mark.parametrize("is_own", [False, True], ids=["the public's words", "the account's own words"])
def test_texts_that_differ_in_viewpoint_only_get_the_same_flags(every_pair: list[Pair], is_own: bool) -> None:
    # Own texts are read by fewer criteria; a quarter of the pairs shows the same.
    compared = every_pair[::4] if is_own else every_pair
    different = list(differences(compared, all_checks(), is_own=is_own))
    shown = "\n".join(different[:10])
    assert not different, f"{len(different)} of {len(compared)} pairs are flagged differently, among them\n{shown}"


def test_there_are_enough_pairs_and_most_differ_as_texts(every_pair: list[Pair]) -> None:
    assert len(every_pair) >= AT_LEAST
    assert all(pair.one.text != pair.other.text for pair in every_pair)


@pytest.mark.slow
def test_the_pairs_do_make_the_checks_find_something(every_pair: list[Pair]) -> None:
    """A suite that finds nothing would pass too, so each kind of evidence has to occur in the texts."""
    for is_own in (False, True):
        batch = Batch.of([pair.one.text for pair in every_pair[::5]], is_own=is_own)
        found = {check.name for check, _ in all_checks().find(batch)}
        wanted = {"own-campaigning", "patron-privacy"} if is_own else {
            "obscene", "defamatory", "invades-privacy", "unlawful", "foia-request",
        }  # fmt: skip
        assert wanted <= found


class _Partial(Criterion):
    """What must never be: a check that reads criticism."""

    name = "partial"
    title = "Partial"
    clause = None
    note = "For this test only."
    rules = (Rule("partial.word", 1, "strong", "Holds criticism."),)

    def find(self, batch: Batch):  # type: ignore[no-untyped-def]
        for row, text in enumerate(batch.texts):
            if "terrible" in text or "Rabbi" in text:
                yield Hit(row, self.rules[0], 0, 1)


def test_a_check_that_took_sides_would_be_seen(every_pair: list[Pair]) -> None:
    suite = Suite("partial", (Check(_Partial(), None, True), Check(Obscene(), None, True)))
    different = list(differences(every_pair[:200], suite, is_own=False))
    assert different
    assert "partial" in different[0]
    assert "terrible" in different[0]
