"""Does this comment ask for money for a cause, or ask the reader to vote some way?

An opinion on a levy, a party or a candidate is neither. What is pointed at is the asking: a payment page, words of
fundraising, and express words of advocacy (Buckley v. Valeo, 424 U.S. 1, 44 n. 52). All lists that have sides hold
both (`lexicons/campaign.yaml`). The library's own posts are another check's (10 ILCS 5/9-25.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from social_archive.policy.batch import Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule
from social_archive.policy.trade import links
from social_archive.policy.trade.asking import before, first_of_each, is_asked, whole
from social_archive.policy.trade.campaign import Pairs, both, campaign

GIVING_PAGE: Final = Rule(
    "solicitation.giving-page", 1, "strong",
    "Links to {site}, where money is collected for people or causes.",
)  # fmt: skip
ASKED: Final = Rule(
    "solicitation.asked", 1, "moderate",
    "Asks for money or gifts for a person or a cause.",
)  # fmt: skip
CAMPAIGN_PAGE: Final = Rule(
    "solicitation.campaign-page", 1, "strong",
    "Links to {site}, where political campaigns or parties take money or helpers.",
)  # fmt: skip
PAID: Final = Rule(
    "solicitation.paid-for-by", 1, "strong",
    "Carries the line on who paid that campaign advertising has to carry.",
)  # fmt: skip
URGED: Final = Rule(
    "solicitation.vote", 2, "moderate",
    "Asks the reader to vote some way, which is express advocacy and more than an opinion.",
)  # fmt: skip
STANDING: Final = Rule(
    "solicitation.candidate", 1, "moderate",
    "Puts a name forward for an office, as campaign advertising does.",
)  # fmt: skip

_LISTS = campaign()


def _any(pairs: Pairs) -> str:
    return "|".join(re.escape(side).replace(r"\ ", r"\s+") for side in both(pairs))


_GIVING_PAGES = links.to((*both(_LISTS.fundraising_pairs), *_LISTS.fundraising))
_CAMPAIGN_PAGES = links.to(both(_LISTS.addresses))

_ASKED = Pattern(
    r"\b(?:(?:please|kindly|pls|consider|help (?:us|me|them) (?:out )?by|can you|could you|would you) (?:\w+ ){0,2}?"
    r"(?:donat(?:e|ing)|chip(?:ping)? in|contribut(?:e|ing)|pledg(?:e|ing)|giv(?:e|ing) (?:what|whatever|"
    r"generously|to (?:the|our|my|this)))|"
    r"donate (?:to|now|today|here|at|via|online|generously|what|whatever|a few|[$€£]?\d)|donate:|"
    r"every (?:dollar|penny|cent|donation|gift) (?:helps|counts|matters)|(?:any|all) (?:amount|donation)s? helps?|"
    r"(?:all )?proceeds (?:will )?(?:go|benefit|support)|donations (?:are )?(?:welcome|appreciated|needed)|"
    r"give to (?:the|our|my|this) (?:\w+ ){0,3}?(?:fund|charity|drive|relief|appeal)|"
    r"(?:we are|we're|i am|i'm|help us|help me|our|my) [^.!?\n]{0,60}?\brais(?:e|es|ing) (?:money|funds|[$€£]\d)|"
    r"(?:my|our|his|her|their|this|a|the) go ?fund ?me|go ?fund ?me (?:for|page|link|to|here)|"
    r"(?:accepting|collecting|taking) (?:cash |monetary )?donations|"
    r"(?:support|join|share) (?:my|our|this|the) fund-?raiser|sponsor (?:me|us) (?:for|in|at)|send (?:money|cash|"
    r"funds) to|"
    r"(?:venmo|cash ?app|zelle|paypal) (?:me|us|@\w+|\$\w+)|"
    r"(?:venmo|cash ?app|zelle|paypal)(?: is)?[:,]? ?[@$]\w+)"
)
_INQUIRES = Pattern(
    r"\b(?:where|how|when|why|who|can i|could i|may i|should i|can we|could we|do you|does|did|is there|are there|"
    r"are you|if i|"
    r"(?:i|we)(?:'d|'ll|'m|'re|'ve)?(?: \w+){0,4})$"
)

_OFFICES = (
    r"(?:mayor|president|governor|senate|senator|congress|judge|sheriff|treasurer|clerk|assessor|alderman|alderperson|"
    r"(?:library |school |park |village |city |county |state )?(?:trustee|board|council|commissioner|representative|"
    r"attorney))"
)
_NAME = r"(?-i:[A-Z][\w'.-]+(?:\s[A-Z][\w'.-]+){0,2})"
_FIRST = r"(?:the )?@?(?-i:[A-Z])[\w'-]+"  # of a name
_THING = (
    r"(?:levy|referendum|measure|proposition|prop\.? ?\w+|question \w+|bond(?: issue)?|amendment|tax (?:increase|"
    r"hike|rate)|"
    r"candidates?|slate|part(?:y|ies))"
)
_MEASURE = rf"(?:the |this |that |our |any |all )?(?:[\w-]+ ){{0,2}}?{_THING}\b"
_ANSWER = (
    rf"\bvote\s+(?:(?:a|straight|strong|all|the)\s+)?[\"']?(?:{_any(_LISTS.answers)})\b|"
    rf"#vote(?:{_any(_LISTS.answers)})\b"
)
_FOR = (
    rf"\b(?:vote|voting|cast (?:your|a) (?:ballot|vote))\s+(?:{_any(_LISTS.votes)})\s+"
    rf"(?:{_MEASURE}|(?:the )?(?:{_any(_LISTS.answers)})\b|{_FIRST})"
)
_ELECT = rf"\b(?:{_any(_LISTS.candidates)})\s+{_FIRST}"
# "Vote Oakenshaw on Tuesday": a name that is no weekday, no way of voting, and no answer of its own list
_NAMED = r"\bvote\s+(?P<first>(?-i:[A-Z])[\w'-]{2,})\s+(?:on|this|next|in|november|april|march|tuesday|for)\b"
_NO_CANDIDATES: Final = frozenset((
    "early", "here", "today", "now", "often", "smart", "online", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "november", "april", "march", "once", "only", "again", "absentee", "like", "with", "your",
))  # fmt: skip
_PASS = rf"\b(?:{_any(_LISTS.measures)})\s+{_MEASURE}"
_VOTE = Pattern(rf"(?:{_ANSWER}|{_FOR}|{_NAMED})")
_OUTCOME = Pattern(rf"(?:{_PASS}|{_ELECT})")
_STANDING = Pattern(rf"(?P<name>{_NAME})\s+(?:for|4)\s+{_OFFICES}\b")
_PAID = Pattern(
    r"\bpaid for by\b[^.!?\n]{0,60}?\b(?:committee|citizens|friends of|people for|neighbors for|families for|pac|party|"
    rf"campaign|candidate|for {_OFFICES}|yes|no)\b"
)

_SAID_OF = Pattern(
    r"(?:\b(?:i|we|they|he|she|who|people|voters|residents|you|if you|those|some|many|most|to)(?:'d|'ll|'m|'re|'ve)?"
    r"(?: (?:\w|')+){0,3}|\b(?:a|an|the|my|our|your|their|his|her|this|that|each|every|no|did|didn't|why|how))$"
)
_URGING = Pattern(
    r"\b(?:you (?:should|must|need|have)|please|must|should|urge|urging|let's|lets|remember|"
    r"don't forget|ask(?:ing)? (?:all of )?you|time)\b"
)
_OPENING = Pattern(r"@[\w.]+|[^\pL\pN]")  # whom it is said to, signs and emoji: nothing that is said before
_EITHER = Pattern(r"^\s*(?:or|and|/|nor)\s*(?:yes|no|for|against|red|blue)\b")
_CONTEST = Pattern(
    r"\b(?:poll|contest|favou?rites?|mascot|logo|bracket|cover|costume|snack|flavou?r|movie|film|book of the|"
    r"story|cat|dog|"
    r"name the|t-?shirt|photo|bookmark)s?\b"
)
_LIBRARY = Pattern(r"\b(?:librar(?:y|ies)|taxpayers?|taxes|grant|museum)\b")
_NO_NAME = Pattern(
    r"^(?:running|run|ran|candidates?|vote|race|elected|appl(?:ied|ying)|thanks?|meeting|elections?|it?|the|this|good|who)\b"
)


class Solicitation(Criterion):
    """Asking for money, or for a vote, in what the public writes."""

    name = "solicitation"
    title = "Charity or political campaigning"
    clause = "solicitation-campaigning"
    note = (
        "Talk about a levy, a candidate or a party is protected opinion, however strong; what the library does "
        "is often "
        "the very topic of the page. Only asking to vote or to give is pointed at, on every side alike. Whoever "
        "decides "
        "has to decide the same for the other side."
    )
    rules = (GIVING_PAGE, ASKED, CAMPAIGN_PAGE, PAID, URGED, STANDING)

    def find(self, batch: Batch) -> Iterator[Hit]:
        for rule, pattern in ((GIVING_PAGE, _GIVING_PAGES), (CAMPAIGN_PAGE, _CAMPAIGN_PAGES)):
            for link in links.linked(batch, pattern):
                yield Hit(link.row, rule, link.start, link.end, {"site": link.what, "link": link.url})
        for match in first_of_each(match for match in batch.find(_ASKED) if not _inquires(batch, match)):
            yield _hit(match, ASKED)
        for match in batch.find(_PAID):
            if not _LIBRARY.compiled.search(batch.folded[match.row].text[match.start : match.end + 30]):
                yield _hit(match, PAID)
        yield from _urged(batch)
        for match in first_of_each(match for match in batch.find(_STANDING) if _stands(match)):
            yield _hit(match, STANDING)


def _hit(match: Match, rule: Rule) -> Hit:
    return Hit(match.row, rule, match.start, match.end)


def _inquires(batch: Batch, match: Match) -> bool:
    """Someone who asks how to give, or says that they gave, asks nobody for anything."""
    return bool(_INQUIRES.compiled.search(before(batch.folded[match.row].text, match.start)))


def _urged(batch: Batch) -> Iterator[Hit]:
    urged: dict[int, Match] = {}
    for match in batch.find(_VOTE):
        if match.row not in urged and _urges(batch.folded[match.row].text, match):
            urged[match.row] = match
    for match in batch.find(_OUTCOME):
        if match.row not in urged and _opens(batch.folded[match.row].text, match):
            urged[match.row] = match
    for match in urged.values():
        yield _hit(match, URGED)


def _urges(text: str, match: Match) -> bool:
    """Is the reader told to vote so, and not told how somebody votes, or asked?"""
    said = before(text, match.start)
    if match.group("first").lower() in _NO_CANDIDATES:
        return False
    if _EITHER.compiled.search(text[match.end : match.end + 20]) or _CONTEST.compiled.search(
        whole(text, match.start, match.end)
    ):
        return False
    if is_asked(text, match.end):
        return False
    return bool(_URGING.compiled.search(said)) or not _SAID_OF.compiled.search(said)


def _opens(text: str, match: Match) -> bool:
    """Does the sentence open with the demand? "I support the levy" is an opinion, "Support the levy!" is a demand."""
    said = before(text, match.start)
    if match.start and text[match.start - 1] in "-\u2019'":
        return False
    if is_asked(text, match.end) or _CONTEST.compiled.search(whole(text, match.start, match.end)):
        return False
    urged = said.endswith((",", ":", "please", "and", "to")) and bool(_URGING.compiled.search(said))
    return urged or not _OPENING.compiled.sub("", said)


def _stands(match: Match) -> bool:
    return not _NO_NAME.compiled.search(match.group("name"))
