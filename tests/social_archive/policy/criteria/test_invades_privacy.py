"""Private facts of named others; what people say of themselves, and services, are none. All names are invented."""

from __future__ import annotations

import pytest

from tests.social_archive.policy.checking import Found, found

PRIVATE = ["has HIV", "is in rehab again", "is having an affair", "is undocumented", "filed for bankruptcy",
"had an abortion",
           "was diagnosed with schizophrenia", "is secretly gay", "lost custody of her kids", "attempted suicide",
           "is on food stamps"]  # fmt: skip
NOT_SHOWN = [
    "I have HIV and this library saved me", "My wife has cancer, thank you for the rides", "he is in rehab",
    "Does Ann Lee have cancer?",
    "Health Department has HIV testing on Tuesday", "The Story Room has cancer support groups",
    "Ann Lee is not pregnant",
    "Ann Lee is terrible", "new books on bankruptcy", "The county is bankrupt", "", "☠️",
]  # fmt: skip


@pytest.mark.parametrize("fact", PRIVATE)
@pytest.mark.parametrize("name", ["Ann Lee", "Mayor Zhang", "@ann.lee"])
def test_a_private_fact_of_somebody_named_is_shown(name: str, fact: str) -> None:
    assert [(hit.rule, hit.strength) for hit in found("invades-privacy", f"{name} {fact}")] == [
        ("invades-privacy.named-person", "moderate")
    ]


@pytest.mark.parametrize("text", NOT_SHOWN)
def test_oneself_questions_and_services_are_left_alone(text: str) -> None:
    assert not found("invades-privacy", text)


def test_a_relative_without_a_full_name_is_weak() -> None:
    assert found("invades-privacy", "her son Jake has HIV") == [
        Found("invades-privacy.relative", "her son Jake has HIV", "weak")
    ]


def test_a_pronoun_counts_weakly_after_a_name() -> None:
    assert found("invades-privacy", "Saw Jake Miller today. He is in rehab.") == [
        Found("invades-privacy.by-pronoun", "He is in rehab", "weak")
    ]


def test_a_story_or_history_is_weak() -> None:
    assert [hit.strength for hit in found("invades-privacy", "A biography: Ida Poe was bipolar")] == ["weak"]


def test_intimate_images_are_shown_without_a_name() -> None:
    assert found("invades-privacy", "pay or I will post your nudes") == [
        Found("invades-privacy.intimate-images", "post your nudes", "moderate")
    ]
    assert not found("invades-privacy", "a show of nudes by Modigliani; the naked truth")
