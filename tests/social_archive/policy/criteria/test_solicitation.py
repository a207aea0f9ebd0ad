"""Asking for money or for a vote is pointed at, on every side alike; opinions and questions are not."""

from __future__ import annotations

import pytest

from social_archive.policy.trade.campaign import campaign
from tests.social_archive.policy.checking import found

ASKS = {
    "solicitation.giving-page": [
        "https://www.gofundme.com/f/roof",
        "cash.app/invented",
        "give: facebook.com/donate/12",
    ],
    "solicitation.asked": [
        "Please donate to our coat fund",
        "Every dollar helps!",
        "venmo me",
        "Pl\u0435ase donate to our coat fund 🙏",  # a Cyrillic letter
        "My cousin's house burned down, please give what you can",
    ],
    "solicitation.campaign-page": ["https://secure.actblue.com/donate/x", "https://secure.winred.com/x"],
    "solicitation.paid-for-by": ["Paid for by Citizens for Doe", "Paid for by the Neighbors for Yes committee"],
    "solicitation.vote": [
        "Vote NO on the levy. Pass it on.",
        "I urge you to vote yes on the levy",
        "Don't vote for Doe",
        "Support the library levy on April 6!",
        "Re-elect Doe",
        "#VoteNo",
    ],
    "solicitation.candidate": ["DOE FOR MAYOR. Because potholes.", "Jane Doe for village trustee"],
}
SAYS = [
    "I think the levy is too high",
    "I think the levy is worth every cent",
    "I will vote no, and I am not sorry",
    "I voted for the levy",
    "The board voted no.",
    "Should I vote yes or no?",
    "Vote yes or no, but vote",
    "Vote for your favorite bookmark!",
    "Doe is a bad candidate and I oppose her",
    "Cubs defeat Cardinals",
    "She ran for mayor",
    "Where can I donate old books?",
    "I would like to donate to the Friends",
    "How do I donate to the library?",
    "Do you take Venmo for fines?",
    "It was paid for by the Friends of the Library book sale.",
    "Democrats and Republicans both use this room",
    "notgofundme.community",
    "",
    "🗳️",
]


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in ASKS.items() for text in texts])
def test_asking_for_money_or_votes_is_shown(rule: str, text: str) -> None:
    assert rule in {hit.rule for hit in found("solicitation", text)}


@pytest.mark.parametrize("text", SAYS)
def test_opinions_reports_and_questions_are_left_alone(text: str) -> None:
    assert not found("solicitation", text)


FRAMES = {
    "addresses": "Sign up at https://{side}/now",
    "fundraising_pairs": "Help him: {side}/f/1",
    "answers": "Vote {side}",
    "votes": "Vote {side} the referendum",
    "candidates": "{side} Jane Doe",
    "measures": "Please {side} the levy",
}


@pytest.mark.parametrize(
    ("name", "pair"), [(name, pair) for name, pairs in campaign().lists().items() for pair in pairs]
)
def test_each_side_of_a_list_is_found_by_the_same_rule_as_its_opposite(name: str, pair: tuple[str, str]) -> None:
    one, other = (found("solicitation", FRAMES[name].format(side=side.capitalize())) for side in pair)
    assert one, f"{pair[0]!r} of {name} finds nothing"
    assert [(hit.rule, hit.strength) for hit in one] == [(hit.rule, hit.strength) for hit in other]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Vote yes. The board is a blessing.", "Vote no. The board is a disgrace."),
        ("Elect Jane Doe, a proud Democrat", "Elect Jane Doe, a proud Republican"),
        ("I love the levy, vote for it", "I hate the levy, vote against it"),
        ("Please donate to the Doe campaign, she is honest", "Please donate to the Doe campaign, he is a liar"),
    ],
)
def test_praise_and_criticism_get_the_same_flags(one: str, other: str) -> None:
    assert [hit.rule for hit in found("solicitation", one)] == [hit.rule for hit in found("solicitation", other)]


@pytest.mark.slow
def test_a_megabyte_is_read_in_no_time_and_gives_few_hits() -> None:
    text = "I will vote no, Vote no. gofundme.com/x please donate Doe for Mayor " * 16_000
    assert len(text) > 1_000_000
    assert 1 <= len(found("solicitation", text)) < 60


@pytest.mark.parametrize("name", ["Bellweather", "Oakenshaw"])
def test_a_name_to_vote_for_needs_no_for(name: str) -> None:
    assert [hit.rule for hit in found("solicitation", f"Vote {name} on the first Tuesday!")] == ["solicitation.vote"]


@pytest.mark.parametrize("text", ["Vote Early on Saturday", "Vote Here on Tuesday", "we vote Tuesday on the budget"])
def test_a_way_of_voting_is_no_name(text: str) -> None:
    assert not found("solicitation", text)
