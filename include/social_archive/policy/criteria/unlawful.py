"""Clause 7: words that may break a law by themselves - threats, doxxing, offers of regulated goods.

A true threat is a serious expression of intent to do unlawful violence, made at least recklessly (Counterman v.
Colorado, 600 U.S. 66 (2023)). Whether it is one, people say; what the check leaves out are figures of speech.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule, Strength, bounded
from social_archive.policy.lexicon import word_lists
from social_archive.policy.persons import NAMED
from social_archive.policy.sentences import is_story, sentence_around

_VIOLENCE: Final = word_lists("violence")
_REGULATED: Final = word_lists("regulated")
_KINDS: Final = ("drugs", "prescription", "weapons", "documents")

THREAT = Rule(
    "unlawful.threat", _VIOLENCE.version, "strong",
    "Says in the first person that somebody will be hurt or a place attacked ({act}): a possible threat, to be read "
    "now.",
)  # fmt: skip
MENACE = Rule(
    "unlawful.menace", 1, "moderate",
    "Says that something violent will or should happen to somebody ({act}): a possible threat or incitement.",
)  # fmt: skip
BOMB = Rule(
    "unlawful.bomb", 1, "strong",
    "Says that there is or will be an explosive or a shooting at a place: a possible threat, to be read now.",
)  # fmt: skip
WHEREABOUTS = Rule(
    "unlawful.whereabouts", 1, "moderate",
    "Says that the writer knows where somebody lives, works or can be met.",
)  # fmt: skip
ADDRESS = Rule(
    "unlawful.home-address", 1, "strong",
    "Gives somebody's home address or telephone number together with who it is.",
)  # fmt: skip
OFFER = Rule(
    "unlawful.regulated-goods", _REGULATED.version, "moderate",
    "Offers or seeks goods whose sale is regulated ({kind}) together with a way to deal.",
)  # fmt: skip


_FUTURE = (
    r"(?:(?:i|we)(?:'ll| will|'m going to|'re going to| am going to| are going to|'m gonna|'re gonna| gonna| shall|"
    r" swear i will|"
    r"'m about to| am about to| want to| wanna| plan to|'m coming to|'d love to)|i'?mma|im (?:gonna|going to)|ima|"
    r"gonna|ill|"
    r"someone(?:'s going to|'s gonna| is going to| will)) (?:just |really |personally |literally |fucking |come |go |"
    r"and |come and |"
    r"so |have to |find (?:you|him|her|them) and |hunt (?:you|him|her|them) down and ){0,3}"
)
_HARM = (
    r"kill|murder|shoot|stab|strangle|behead|lynch|slaughter|execute|rape|hang|gut|skin|run over|run down|beat up|"
    r"beat the (?:shit|crap|hell) out of|put a bullet in|slit the throats? of|burn|poison|hurt|maim|torture|"
    r"hunt down|cut the throats? of|bash"
)
_ATTACK = r"bomb|blow up|burn down|torch|shoot up|set fire to|firebomb|shoot at|burn|attack"
_WHOM = (
    r"(?:you all|you|him|her|them|y'?all|ya|everyone|everybody|every one of you|all of (?:you|them)|each of you|"
    r"these people|those people|"
    r"u|every last one of (?:you|them)|(?:the|this|that|your|his|her|their|our|my|every|all(?: the)?|those|these|"
    r"any) (?P<noun>[\w-]+(?: [\w-]+){0,2})|"
    r"(?P<proper>(?-i:[A-Z][\w'-]+)))"
)
_PLACE = rf"(?:the|this|that|your|his|her|their|our|my|every|a)(?: \w+)?? {_VIOLENCE.either('places')}"

_PERSONAL = Pattern(rf"\b{_FUTURE}(?P<act>{_HARM}) {_WHOM}\b")
_AT_PLACE = Pattern(rf"\b{_FUTURE}(?P<act>{_ATTACK}|set) {_PLACE}\b(?: on fire)?")
_ANY_HARM = Pattern(rf"\b(?:{_HARM}|{_ATTACK}|set) (?:\w|@)")
_MENACES = Pattern(
    r"\b(?P<act>(?:some(?:one|body) (?:should|needs? to|ought to|has to|please) (?:just )?(?:kill|shoot|stab|murder|"
    r"hang|lynch|bomb|"
    r"blow up|burn down|shoot up|rape) (?:you|him|her|them|(?:the|this|that|your|those|these|every|all) \w+)|"
    r"(?:you|he|she|they)(?:'re| are|'s| is|'ll be| will be) (?:all )?(?:a dead (?:man|woman)|dead (?:men|meat)|"
    r"dead on sight)|"
    r"(?:you|he|she|they)(?:'re all| are all|'re| are) going to die (?:for|tonight|tomorrow|soon|in there)|"
    r"(?:you )?(?:better|should|had better|'d better) (?:all )?(?:watch (?:your|her|his|their) backs?|"
    r"sleep with one eye open|start running)|"
    r"(?:deserves?|needs?|ought) to be (?:shot|hanged|hung|lynched|executed|killed|stabbed|raped)|"
    r"should (?:all )?be (?:shot|hanged|hung|lynched|executed|killed|stabbed|raped|taken out and shot)|"
    r"(?:put|get) a bullet in (?:your|his|her|their|the) (?:head|skull|brain)))\b"
)
_EXPLOSIVE = Pattern(
    r"\b(?:(?:there(?:'s| is| will be| are)|i(?:'ve| have)? (?:put|planted|left|hid|set|have|got)|planting|"
    r"we(?:'ve)? planted) "
    r"(?:an? |the )?(?:(?:pipe|nail|car|real|live|time|dirty) )?(?:bombs?|explosives?|grenade|shooter|ied)|"
    rf"(?:pipe |nail |car )?bombs? (?:is |are |will go off |hidden |planted )*(?:in|inside|under|at|outside) (?:the|"
    rf"this|that|your|our)(?: \w+)?? "
    rf"{_VIOLENCE.either('places')}|(?:mass|school|library) shooting (?:tomorrow|tonight|today|on \w+day|at noon|"
    rf"at \d+))\b"
)
_NO_BOMB = Pattern(
    r"\b(?:bath|seed|photo|yarn|glitter|cherry|f|stink|smoke|water|love|sex|google|logic|hydrogen|atom(?:ic)?|truth|"
    r"cocoa|hot chocolate|"
    r"time|knit|paint|flower|clay|snow|kissing|potato|tea|fat|ww2|wwii|world war|defused|unexploded)[- ]?bomb"
)
_FIGURES = Pattern(
    r"^(?:you|him|her|them|y'?all|u|ya|everyone|everybody)? ?(?:(?:an?|the|your|some|over|my|that|those|this|these|"
    r"all|another) )*(?:quick )?"
    r"(?:e-?mails?|messages?|texts?|dms?|pms?|notes?|links?|lines?|calls?|photos?|pictures?|videos?|films?|hoops|"
    r"baskets|pool|craps|"
    r"breeze|moon|time|lights?|moods?|messengers?|engines?|two birds|switch|process|weeds?|bugs?|mosquitos?|"
    r"mosquitoes|spoilers?|"
    r"lunch|quiz|test|exams?|presentation|reading|challenge|bill|levy|referendum|proposal|project|idea|deal|joke|"
    r"jokes|stars?|"
    r"wedding|portraits?|scenes?|clay|arrows?|crib|calories|candles?|midnight oil|toast|turkey|garlic|cd|dvds?|bridge|"
    r"bridges|rubber|"
    r"for (?:a|an|some|that|this|joy)|it|record|news|ice|bread|bank|laugh|laughing|at (?:chess|checkers|scrabble|"
    r"mario|uno|smash|bingo|trivia|the)|"
    r"to (?:it|the)|with kindness|with love|smile|smiles|hugs|know|if (?:you|u|he|she|they) (?:spoil|"
    r"tell me the ending|give away))\b"
)
# A group is a plural, whichever it is: a list of groups would protect those that are on it.
_PERSON_NOUN = Pattern(
    rf"\b(?:(?i:{_VIOLENCE.either('persons')}|[\w-]{{2,}}(?:er|or|ist|ian|s))|[A-Z][a-z]\w*)$", case=True
)
_WISHES = Pattern(r"\b(?:want|wanna|love|hurt|burn|hang)\b")
_NOT_PERSONS: Final = frozenset(_VIOLENCE.lists["not_persons"])
_NO_PROPER: Final = frozenset(("I", "It", "Time", "Hoops", "Bill", "If", "For", "Some", "An", "And", "To", "Me", "The"))

_STREET = (
    r"\d{1,6} (?:[nsew]\.? |north |south |east |west )?(?:[a-z0-9.'-]+ ){1,3}(?:street|st|avenue|ave|road|rd|drive|dr|"
    r"lane|ln|court|ct|"
    r"boulevard|blvd|place|pl|way|terrace|circle|cir|parkway|pkwy|trail|highway|hwy)\b"
)
_PHONE = r"(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]\d{4}"
_KNOWS = Pattern(
    r"\b(?:(?:i|we) (?:know|knows|found out|figured out|just found) (?:exactly )?where (?:you|he|she|they|"
    r"your (?:kids?|family|mother|wife|"
    r"husband|children|daughter|son)|(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?) (?:live|sleep|work|park|go to school|"
    r"goes to school)s?|"
    r"(?:let'?s|we should|everyone|you should|you can) (?:all )?(?:go|show up|pay a visit|meet) (?:to|at) (?:his|her|"
    r"their) (?:house|home|"
    r"apartment|place))\b"
)
_LIVES = Pattern(
    rf"(?:(?P<person>{NAMED})|\b(?i:he|she|they|who|his (?:family|wife)|her (?:family|"
    rf"husband)))(?i:'s home address is| lives? (?:at|on|in)|"
    rf" stays at| resides at|'s house is(?: at)?|'s address(?: is|:)|,) ?(?i:{_STREET})", case=True,
)  # fmt: skip
_HERE_IS = Pattern(
    r"\b(?:(?:here(?:'s| is| are)|this is) )?(?:his|her|their|your|(?:the )?\w+'s) (?:home )?(?:address|house|cell|"
    r"phone number|"
    rf"number|home phone|phone|mobile)(?: number)?(?: is|:|,| -)? ?(?:at )?(?:{_STREET}|{_PHONE})"
)

_GOODS = "|".join(f"(?P<{kind}>{_REGULATED.either(kind)})" for kind in _KINDS)
_ANY_GOODS = Pattern(rf"\b(?:{_GOODS})\b")
_NO_GOODS = Pattern(rf"\b{_REGULATED.either('unless')}\b")
_SELLS = Pattern(
    r"\b(?:(?:i'?m |we'?re |im )?selling|(?:i|we|i've|i got|got|have) [\w ]{0,20}?for sale|for sale|on sale|in stock|"
    r"wts|sells?|plug|"
    r"restocked|we ship|ships|shipping|looking to buy|wtb|buy|order|cheap|best prices?|wholesale|available)\b"
)
_DEAL = Pattern(
    r"(?:\b(?:dm|pm|hmu|hit me up|text|call|whats?app|telegram|wickr|signal|snap(?:chat)?|inbox|message me|cash ?app|"
    r"venmo|zelle|bitcoin|btc|"
    rf"no questions asked|discreet|overnight delivery|meet ?up)\b|\$ ?\d|\b\d+ ?(?:usd|dollars|bucks|each|a pop)\b|"
    rf"@\w{{3,}}|t\.me/|wa\.me/|{_PHONE})"
)
_TOPIC = Pattern(
    r"\b(?:ban|against|stop|stopped|law|laws|legal|illegal|illegally|legaliz\w+|arrested|police|prevent\w*|dangers?|"
    r"crisis|epidemic|awareness|overdose|"
    r"about|history|documentary|news|buyback|safety|take.back|should(?:n't)?|vote|voted|bill|addict\w*|recovery|"
    r"narcan|book|books|novel)\b"
)
_REACH: Final = 120  # characters around the goods in which the selling and the dealing must stand


class Unlawful(Criterion):
    """Threats, doxxing, and offers of regulated goods."""

    name = "unlawful"
    title = "Threats, doxxing, sale of regulated goods (7: violation of law)"
    clause = "unlawful"
    note = (
        "Read a possible threat at once, and with its thread. Whether it is a true threat is for the police and "
        "counsel "
        "(Counterman v. Colorado, 2023): follow the library's emergency procedure, and keep the record - it is in the "
        "archive and stays there whatever happens on the site. Hyperbole about public affairs is protected (Watts v. "
        "United States, 394 U.S. 705 (1969)). Nothing is reported, hidden or answered automatically."
    )
    rules = (THREAT, MENACE, BOMB, WHEREABOUTS, ADDRESS, OFFER)

    def find(self, batch: Batch) -> Iterator[Hit]:
        return bounded(chain(_threats(batch), _menaces(batch), _doxxing(batch), _offers(batch)))


def _threats(batch: Batch) -> Iterator[Hit]:
    rows = batch.rows(_ANY_HARM)
    for pattern in (_AT_PLACE, _PERSONAL):
        for match in batch.find(pattern, rows, most=LOOKED_AT):
            threat = _threatens(batch, match, is_place=pattern is _AT_PLACE)
            if threat is not None:
                strength, end = threat
                yield Hit(match.row, THREAT, match.start, end, {"act": match.group("act")}, strength)


def _threatens(batch: Batch, match: Match, *, is_place: bool) -> tuple[Strength, int] | None:
    """How surely, and where the threat ends. None: a figure of speech, or a thing as the target.

    Weak: in talk about a story. Moderate: a wish rather than a plan.
    """
    text = batch.folded[match.row].text
    if match.group("act") == "set" and not match.text.endswith("on fire"):
        return None
    end: int | None = match.end
    if not is_place:
        after = match.start + match.text.lower().rindex(f"{match.group('act').lower()} ") + len(match.group("act")) + 1
        end = None if _FIGURES.compiled.search(text[after : after + 60]) else _end_of_person(match)
    if end is None:
        return None
    if is_story(text, match.start, match.end):
        return "weak", end
    return ("moderate" if _WISHES.compiled.search(match.text) else "strong"), end


def _end_of_person(match: Match) -> int | None:
    """Where the words for the target end; None: it is a thing. A pronoun is a person."""
    noun, proper = match.groups["noun"], match.groups["proper"]
    if proper is not None:
        is_name = proper.capitalize() not in _NO_PROPER and proper.lower() not in _NOT_PERSONS
        return match.end if is_name else None
    if noun is None:
        return match.end
    for word in re.finditer(r"\S+", noun):
        if word.group().lower() in _NOT_PERSONS:
            return None
        if _PERSON_NOUN.compiled.search(word.group()):
            return match.end - len(noun) + word.end()
    return None


def _menaces(batch: Batch) -> Iterator[Hit]:
    for match in batch.find(_MENACES, most=LOOKED_AT):
        text = batch.folded[match.row].text
        last = match.text.split()[-1].lower()
        if last not in _NOT_PERSONS and not sentence_around(text, match.start, match.end).is_question:
            strength: Strength = "weak" if is_story(text, match.start, match.end) else "moderate"
            yield Hit(match.row, MENACE, match.start, match.end, {"act": match.group("act")}, strength)
    for match in batch.find(_EXPLOSIVE, most=LOOKED_AT):
        text = batch.folded[match.row].text
        if not _NO_BOMB.compiled.search(text[max(0, match.start - 20) : match.end]):
            strength = "weak" if is_story(text, match.start, match.end) else "strong"
            yield Hit(match.row, BOMB, match.start, match.end, {}, strength)


def _doxxing(batch: Batch) -> Iterator[Hit]:
    for match in batch.find(_KNOWS, most=LOOKED_AT):
        sentence = sentence_around(batch.folded[match.row].text, match.start, match.end)
        if not sentence.is_question:
            yield Hit(match.row, WHEREABOUTS, match.start, match.end)
    for pattern in (_LIVES, _HERE_IS):
        for match in batch.find(pattern):
            yield Hit(match.row, ADDRESS, match.start, match.end)


def _offers(batch: Batch) -> Iterator[Hit]:
    dealing = batch.rows(_SELLS, batch.rows(_ANY_GOODS))
    for match in batch.find(_ANY_GOODS, dealing, most=LOOKED_AT):
        text = batch.folded[match.row].text
        begin = max(0, match.start - _REACH)
        around = text[begin : match.end + _REACH]
        is_offer = _SELLS.compiled.search(around) and _DEAL.compiled.search(around)
        if not is_offer or _TOPIC.compiled.search(around) or _is_other_thing(text, match):
            continue
        kind = next(kind for kind, said in match.groups.items() if said is not None)
        yield Hit(match.row, OFFER, match.start, match.end, {"kind": kind})


def _is_other_thing(text: str, match: Match) -> bool:
    nearby = text[max(0, match.start - 12) : match.end + 12]
    return _NO_GOODS.compiled.search(nearby) is not None
