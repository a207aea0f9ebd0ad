"""Names by their shape. All of them are invented."""

from __future__ import annotations

import pytest

from social_archive.policy.batch import Pattern
from social_archive.policy.speech.persons import NAMED, name_in

PATTERN = Pattern(NAMED, case=True)


def names(text: str) -> list[str]:
    found = [(match.group(), name_in(match.group())) for match in PATTERN.compiled.finditer(text)]
    return [name[where[0] : where[1]] for name, where in found if where]


@pytest.mark.parametrize(
    "name",
    ["Ann Lee", "Wei Zhang", "Fatima Al-Sayed", "Maria de la Cruz", "DeShawn O'Neal", "Ian McDuff", "Nguyen Van An",
    "Łukasz Øster",
     "Иван Петров", "Αννα Λεου", "Dr. Rao", "mayor Lee", "@ann.lee", "Ann B. Lee"],
)  # fmt: skip
def test_a_name_is_found_whole(name: str) -> None:
    assert names(f"and then {name} came") == [name]


@pytest.mark.parametrize(
    "text", ["The Board met", "When Ann came", "On Monday April came", "a library", "ANN LEE", "mail a@b.example", ""]
)
def test_what_has_not_the_shape_of_a_name_is_none(text: str) -> None:
    assert names(text) == []


def test_a_word_that_begins_a_sentence_is_no_part_of_it() -> None:
    assert names("Yesterday Ann Lee came") == ["Ann Lee"]
