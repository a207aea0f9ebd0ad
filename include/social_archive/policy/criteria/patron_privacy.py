"""The library's own posts and replies: do they disclose who is registered, or who borrows what?

Registration and circulation records are confidential (75 ILCS 70/1): a public reply such as "your hold on ... is ready"
tells the world what a named account has asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule, Strength, bounded
from social_archive.policy.speech.persons import NAMED, name_in
from social_archive.policy.speech.sentences import sentence_around

CIRCULATION = Rule(
    "patron-privacy.circulation", 1, "strong",
    "The account's own words tell somebody in public what they borrow, hold or have returned.",
)  # fmt: skip
REGISTRATION = Rule(
    "patron-privacy.registration", 1, "strong",
    "The account's own words tell somebody in public about their library card or account.",
)  # fmt: skip
NAMED_PATRON = Rule(
    "patron-privacy.named-patron", 1, "strong",
    "The account's own words name {person} together with a loan, a hold, a fine or a library card.",
)  # fmt: skip

_ITEM = (
    r"(?:holds?|reserves?|reservations?|requests?|requested (?:book|item|title)s?|interlibrary loans?|ills?|books?|"
    r"items?|dvds?|copy|copies|titles?|loans?|audiobooks?|materials?)"
)
_ABOUT = r"(?: (?:on|for|of|from|by|request|requests) [^.!?\n]{1,80}?)?"
_STATE = (
    r"(?:(?:is|are|has|have|was|were|just) (?:now |been |already |currently |still |finally |both |all )*(?:ready|"
    r"available|waiting|in\b|here|arrived|come in|came in|expired|cancell?ed|overdue|due|late|lost|returned|renewed|"
    r"shipped|in transit|on (?:its|the) way|on the hold shelf|next in line|set aside|filled|approved|denied|processed|"
    r"placed|picked up|checked out)|(?:came|come) in|arrived|expires?|will be (?:ready|due|here)|is number \d+|"
    r"can be picked up)"
)
_CIRCULATION = Pattern(
    rf"\b(?:your (?:\w+'s )?(?:\w+ )?(?:{_ITEM} )??{_ITEM}{_ABOUT} {_STATE}"
    r"|you(?:'ve| have|'ve still| still have| currently have|"
    r" had)? (?:got )?(?:[^.!?\n]{1,80}? )?(?:checked out (?:to you|on your (?:card|account)|until|since|right now|"
    r"at the moment)|on hold|overdue)|you (?:currently |still |already )?(?:have|had) [^.!?\n]{1,80}? checked out|"
    r"you(?:'ve| have)? (?:just |already |recently |last )?(?:borrowed|returned|renewed|reserved|placed a hold on|"
    r"put (?:a hold on|on hold)|requested)\b|you(?:'ve| have)? (?:just |already |recently |"
    r"last )?checked out (?:the book|a copy|\d+ |\"|(?-i:[A-Z][a-z]))|(?:the|those|that) (?:\w+ )?(?:books?|dvds?|"
    r"titles?|items?|audiobooks?) (?:that )?you (?:have |had |just )?(?:borrowed|checked out|requested|returned|"
    r"reserved|lost|placed on hold|ordered)|you(?:'re| are)(?: now| currently)? (?:(?:number |#)?(?:\d+(?:st|nd|rd|"
    r"th)?|first|second|third|fourth|fifth|next)) (?:on|in) (?:the )?(?:line|queue|wait|hold)|you(?:'ve| still|"
    r" currently)* (?:have|got) (?:\w+ ){1,3}(?:out|late)\b|have you down for|(?:came in|arrived) for you\b|"
    r"is (?:ready|on hold|being held|set aside) for you\b|(?:extended|changed|moved) your due date|"
    r"your (?:new )?due date (?:is|was)|your (?:waitlist |queue |hold )?(?:spot|place|position) (?:is|in the (?:line|"
    r"queue))|you(?:'re| are) (?:all |now )*(?:paid up|overdue|blocked|cleared)|you (?:never|haven't|didn't|"
    r"forgot to) (?:return|renew|pick)(?:ed)?\b|(?:we|i)(?:'ve| have)? (?:just |also |already )?(?:renewed|cancell?ed|"
    r"extended|placed|set aside|pulled|found|checked in|waived|ordered) (?:your|the|a|that) (?:\w+ )?(?:holds?|books?|"
    r"items?|dvds?|requests?|loans?|fines?|fees?|copy|titles?)(?: for you| under your)?\b|you have (?:an?|\d+|one|two|"
    r"three|four|five|six|several|some) (?:\w+ )?(?:holds?|loans?|overdues?|checkouts|items? (?:out|due|ready|waiting|"
    r"overdue)|books? (?:out|due|ready|waiting|overdue))\b|your renewal (?:went|was|is|has)|you were (?:charged|billed|"
    r"fined) for|you're next (?:for|in line))"
)
_REGISTRATION = Pattern(
    r"\b(?:your (?:\w+'s )?(?:library )?(?:card|account|membership|registration|pin|password|barcode|guest pass|"
    r"borrowing privileges|(?:card )?application(?: for a card)?) (?:expires|expired|ends|owes|shows|got (?:blocked|"
    r"suspended)|will (?:expire|be (?:blocked|suspended|renewed))|(?:has|is|was|'s)(?: (?:been|now|already|currently|"
    r"not|still|just))* (?:expired|expiring|blocked|suspended|renewed|inactive|active|an? (?:balance|fine|block|hold)|"
    r"\$\d|fines?|closed|cancell?ed|under the name|full|maxed|overdue|registered|frozen|reset|approved|"
    r"reported (?:lost|stolen)|in good standing|fine now|good (?:until|through)|due to expire|\d))|"
    r"your (?:library )?card (?:number|barcode|pin)(?: is|:)|you(?:'re| are|'ve been) registered (?:at|in|with|as)\b|"
    r"you (?:still |currently )?owe (?:us )?\$?\d|you (?:still |currently )?(?:have|owe) (?:an? |some |"
    r"\$[\d.]+ in )?(?:unpaid |outstanding |overdue |late )*(?:fines?|fees?|balance|charges)|your (?:overdue |late |"
    r"unpaid |outstanding )*(?:fines?|fees?|balance) (?:is|are|was|were|of|has|have|came)|(?:our (?:records|system)|"
    r"the system) (?:shows?|says?) (?:that )?you\w*|(?:i|we)(?: can)? see (?:here )?(?:that )?(?:your (?:card|account|"
    r"hold|fines?|loans?|books?)|you(?:'re| are| have|'ve| owe) (?:registered|overdue|checked|returned|borrowed|a card|"
    r"\d+|an? (?:hold|fine|balance|overdue|lost)|\$\d))\b|(?:the|your) (?:e-?mail|address|phone(?: number)?|birthday|"
    r"date of birth) (?:we have )?on (?:file|your (?:card|account)))"
)
_NAMED = Pattern(
    rf"(?P<person>{NAMED})(?:'s? (?i:(?:\w+ ){{0,2}}(?:hold|holds|library card|card|account|fine|fines|overdue|loan|"
    rf"checkout|reserve)\b)|"
    r"(?i:,? (?:still |currently |just |also )?(?:has|have|owes|borrowed|checked out|returned|renewed|reserved|"
    r"requested|lost) [^.!?\n]{0,60}?"
    r"(?:checked out|overdue|on hold|in fines?|fines|library card|the book|a copy|books?\b|dvds?\b|\$\d)))", case=True,
)  # fmt: skip
_GENERAL = Pattern(
    r"\b(?:if|when|whenever|once|unless|whether|every(?:one|body)?|anyone|how to|any time|so (?:that )?your|learn|"
    r"sign up|get (?:an? )?(?:e-?mail|text|alert|notification)|did you know|as soon as|check (?:if|whether)|make sure|"
    r"remember|can be|may be|automatically|all (?:cards|patrons|holds)|each|please (?:call|message|dm|contact))\b"
)
_TOPIC = Pattern(r"\b(?:novel|author|written by|new book|storytime|book club|illustrator|publisher)\b")


class PatronPrivacy(Criterion):
    """Registration and circulation told by the library itself, in public."""

    name = "patron-privacy"
    title = "The library's own words disclose a patron's record"
    clause = None
    audience = "own"
    note = (
        "What a patron borrows, holds or owes is nobody else's to know. A reply in public that tells somebody about "
        "their hold, loan, fine or card discloses them, whoever asked first. Preserve the post, then correct it by "
        "the library's procedure and go on in a private message. General information to everyone is not meant."
    )
    rules = (CIRCULATION, REGISTRATION, NAMED_PATRON)

    def find(self, batch: Batch) -> Iterator[Hit]:
        return bounded(_hits(batch))


def _hits(batch: Batch) -> Iterator[Hit]:
    for rule, pattern in ((CIRCULATION, _CIRCULATION), (REGISTRATION, _REGISTRATION)):
        for match in batch.find(pattern, most=LOOKED_AT):
            strength = _strength(batch, match)
            if strength is not None:
                yield Hit(match.row, rule, match.start, match.end, {}, strength)
    for match in batch.find(_NAMED, most=LOOKED_AT):
        where = name_in(match.group("person"))
        if where and _strength(batch, match) and not _TOPIC.compiled.search(batch.folded[match.row].text):
            person = match.group("person")[where[0] : where[1]]
            yield Hit(match.row, NAMED_PATRON, match.start + where[0], match.end, {"person": person})


def _strength(batch: Batch, match: Match) -> Strength | None:
    """None: asked, or said to everyone. Weak: in a post of its own, which speaks to nobody in particular."""
    sentence = sentence_around(batch.folded[match.row].text, match.start, match.end)
    if sentence.is_question or _GENERAL.compiled.search(sentence.text):
        return None
    return "weak" if batch.kinds[match.row] == "post" else "strong"
