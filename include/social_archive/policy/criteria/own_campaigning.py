"""The account's own posts and replies: do they urge a vote?

A public body may inform about an election and a referendum. It may not spend public funds to urge a vote for or against
a candidate or proposition (10 ILCS 5/9-25.1). Yes and no, for and against, weigh the same here.
"""

from __future__ import annotations

from collections.abc import Iterator

from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule, bounded
from social_archive.policy.speech.persons import NAMED
from social_archive.policy.speech.sentences import sentence_around

URGES_ON_QUESTION = Rule(
    "own-campaigning.question", 1, "strong",
    "The account's own words urge a vote on a referendum, levy or other public question.",
)  # fmt: skip
URGES_ON_CANDIDATE = Rule(
    "own-campaigning.candidate", 1, "strong",
    "The account's own words urge a vote for or against a candidate or party.",
)  # fmt: skip
SIDES = Rule(
    "own-campaigning.side", 1, "moderate",
    "The account's own words take a side on a public question without the word vote.",
)  # fmt: skip

_QUESTION = (
    r"(?:referend(?:um|a|ums)|lev(?:y|ies)|bond(?: issue| measure)?|proposition|prop(?:osal)? ?\w{0,3}|"
    r"ballot (?:question|measure)|(?:tax|rate) (?:increase|cap|hike)|measure|question \w+|the question|amendment)"
)
_THE = r"(?:(?:on|for|to) )?(?:(?:the|our|this|that|your|an?|my) )?(?:[\w'-]+ ){0,3}?"
_VOTE_QUESTION = Pattern(
    rf"\b(?:vot(?:e|ing) [\"']?(?:yes|no)\b[\"']?(?: (?:on|to|for) {_THE}(?:{_QUESTION}|\w+))?|vot(?:e|ing) (?:for|"
    rf"against|in favor of|in support of|in opposition to|down) {_THE}{_QUESTION}|(?:need|want|count on|"
    rf"ask(?:ing)? for|appreciate) your [\"']?(?:yes|no)[\"']? votes?|cast (?:your|a) (?:[\"']?(?:yes|"
    rf"no)[\"']? )?(?:vote|ballot) (?:for|against|in favor of|in opposition to) {_THE}{_QUESTION}|vot(?:e|"
    rf"ing) to (?:renew|approve|pass|reject|defeat|save|keep|support|repeal|extend|end|stop|raise|"
    rf"lower) {_THE}{_QUESTION}|(?:say|mark|choose|check) [\"']?(?:yes|no)[\"']? (?:to|on) {_THE}{_QUESTION})"
)
_VOTE_CANDIDATE = Pattern(
    r"(?i:\bvote (?:straight |all )?(?:republican|democrat(?:ic)?|green|libertarian|independent|gop|red|blue|"
    r"conservative|liberal|progressive|socialist)\b)|"
    rf"(?i:\b(?:vote|votes|voting|cast (?:your|a) (?:vote|ballot)|your vote) (?:for|against|out) )(?P<target>{NAMED}|"
    r"(?i:(?:the|our|these|this|those|all|every|your) [a-z'-]+(?: party)?|incumbents?|challengers?)|@\w+|"
    r"[A-Z]\w+(?: [A-Z]\w+)*)"
    rf"|\b(?i:(?:re-?elect|elect|defeat|oust|unseat|support|oppose|endorses?|vote for|vote against|"
    rf"back) )(?P<person>{NAMED})"
    r"(?i: (?:for|as|to) (?:the )?(?:library |village |school |county |park )?(?:board|trustee|mayor|president|senate|"
    rf"congress|council|judge|clerk|governor|house|commissioner|office)\b)|"
    r"\b(?i:elect (?:an?|the|our) [a-z-]+|vote (?:for )?the (?:whole |entire |full )?(?:slate|ticket))|"
    rf"\b(?i:elect )(?P<chosen>{NAMED})|\b(?i:re-?elect|vote out|oust|unseat) (?:(?i:the |our |these )?[A-Za-z]\w+)",
    case=True,
)
_TAKES_SIDE = Pattern(
    rf"\b(?:(?:please |let's |help (?:us )?|we (?:must |should )?|you should |urge (?:you|everyone|residents|"
    rf"voters) to )?(?:support|oppose|pass|defeat|reject|approve|back|fight|stop|endorse) {_THE}{_QUESTION}\b|(?:yes|"
    rf"no) on {_THE}{_QUESTION}\b|an? (?:yes|no) vote (?:hurts|helps|saves|protects|keeps|is a vote|supports|gives|"
    rf"kills|cuts)|(?:your|depends? on an?|needs? an?|every|for an?) (?:yes|no) vote\b|join (?:us|me) in (?:support|"
    rf"oppos|pass|defeat|approv|reject|fight|sav)ing {_THE}{_QUESTION}|we (?:support|oppose|urge|endorse|"
    rf"recommend) [^.!?\n]{{0,40}}?{_QUESTION}\b|(?:don't|do not) let (?:the )?{_THE}{_QUESTION} (?:pass|fail))"
)
_NOT_PUBLIC = Pattern(
    r"\b(?:poll|contest|bracket|favou?rite|bookmark|costume|pets?|cutest|cover|covers|title|titles|book|books|"
    r"book of the|madness|mascot|gingerbread|movie|flavor|name our|name of|name for|logo|design|artwork|photo|recipe|"
    r"cookie|read next|best)\b"
)
_FACTUAL = Pattern(
    r"\b(?:voted|if|would|what (?:a|does)|means|a (?:yes|no) vote (?:means|would|will)|(?:board|council|trustees?|"
    r"committee|commission|members|assembly|senate|house) (?:will |may |is to |plans? to |to )?votes?|will decide|"
    r"can vote|may vote|whether|(?:referendum|question|ballot|measure|proposition) asks|league of women voters|learn|"
    r"forum|results?|passed|failed|approved by voters|history|\d{4} referendum (?:passed|failed))\b"
)

# The first that finds something in a text speaks for it: a vote on a levy is not also one for a candidate.
_RULES = ((URGES_ON_QUESTION, _VOTE_QUESTION), (URGES_ON_CANDIDATE, _VOTE_CANDIDATE), (SIDES, _TAKES_SIDE))


class OwnCampaigning(Criterion):
    """Express advocacy in the account's own words; information is none."""

    name = "own-campaigning"
    title = "The account's own words urge a vote"
    clause = None
    audience = "own"
    note = (
        "A public body informs about an election and urges nobody how to vote; factual information is allowed. A post "
        "by staff on the official account is made with public funds. Yes and no are looked for alike. Preserve the "
        "post before anything is changed."
    )
    rules = (URGES_ON_QUESTION, URGES_ON_CANDIDATE, SIDES)

    def find(self, batch: Batch) -> Iterator[Hit]:
        return bounded(_hits(batch))


def _hits(batch: Batch) -> Iterator[Hit]:
    told: set[int] = set()
    for rule, pattern in _RULES:
        rows = set()
        for match in batch.find(pattern, most=LOOKED_AT):
            if match.row not in told and _is_urged(batch, match):
                rows.add(match.row)
                yield Hit(match.row, rule, match.start, match.end)
        told |= rows


def _is_urged(batch: Batch, match: Match) -> bool:
    """Not asked, not explained, and about an election rather than a library's own poll."""
    sentence = sentence_around(batch.folded[match.row].text, match.start, match.end)
    if sentence.is_question or _FACTUAL.compiled.search(sentence.text):
        return False
    return _NOT_PUBLIC.compiled.search(sentence.text) is None
