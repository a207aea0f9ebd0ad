"""Threats: the writer says that somebody will be hurt or a place attacked, or that it should happen.

The rules of the criterion `unlawful` that read for violence. What they leave out are figures of speech ("kill time",
"shoot me an e-mail"); whom a threat is aimed at plays no part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Hit, Rule, Strength
from social_archive.policy.speech.lexicon import word_lists
from social_archive.policy.speech.sentences import is_story, sentence_around

_VIOLENCE: Final = word_lists("violence")

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
VEILED = Rule(
    "unlawful.veiled", 1, "weak",
    "Hints that somebody should be afraid ({act}), which may be a threat, a warning or a way of speaking.",
)  # fmt: skip

_FUTURE = (
    r"(?:(?:i|we)(?:'ll| will|'m going to|'re going to| am going to| are going to|'m gonna|'re gonna| gonna| shall|"
    r" swear i will|'m about to| am about to| want to| wanna| plan to|'d| would| could| should| ought to| need to|"
    r" gotta|'m coming to|'d love to)|i'?mma|(?:i'm |we're )?planning (?:to|on)|(?:it's |is it )?time to|"
    r"let'?s(?: all)?(?: go)?(?: and)?|im (?:gonna|going to)|ima|gonna|ill|someone(?:'s going to|'s gonna| is going to|"
    r" will)) (?:just |really |personally |literally |fucking |come |go |and |come and |so |have to |"
    r"){0,3}(?:(?:[\w']+ ){1,5}?and (?:then )?)?"
)
_HARM = (
    r"kill|murder|shoot|stab|strangle|behead|lynch|slaughter|execute|rape|hang|gut|skin|run over|run down|beat up|"
    r"beat the (?:shit|crap|hell) out of|put a bullet in|slit (?:the|your|his|her|their) throats?(?: of)?|burn|poison|"
    r"hurt|maim|torture|hunt down|choke|drown|decapitate|curb.?stomp|knock out|gun down|finish off|cut (?:the|your|his|"
    r"her|their) throats?(?: of)?|bash"
)
_ATTACK = r"bomb|blow up|burn down|torch|shoot up|set fire to|firebomb|shoot at|burn|attack"
_WHOM = (
    r"(?:you all|you|him|her|them|y'?all|ya|everyone|everybody|every one of you|all of (?:you|them)|each of you|"
    r"these people|those people|u|every last one of (?:you|them)|(?:the|this|that|your|his|her|their|our|my|every|"
    r"all(?: the)?|those|these|any) (?P<noun>[\w-]+(?: [\w-]+){0,2})|(?P<proper>(?-i:[A-Z][\w'-]+)))"
)
_PLACE = (
    r"(?:(?:city|village|town) (?:hall|council)|story ?time|story hour|prom|graduation|"
    rf"(?:the|this|that|your|his|her|their|our|my|every|a)(?: \w+)?? {_VIOLENCE.either('places')})"
)

_PERSONAL = Pattern(rf"\b{_FUTURE}(?P<act>{_HARM}) {_WHOM}\b")
_AT_PLACE = Pattern(rf"\b{_FUTURE}(?P<act>{_ATTACK}|set) {_PLACE}\b(?: on fire)?")
_ANY_HARM = Pattern(rf"\b(?:{_HARM}|{_ATTACK}|set) (?:\w|@)")
_MENACES = Pattern(
    r"\b(?P<act>(?:some(?:one|body) (?:should|needs? to|ought to|has to|please) (?:just )?(?:kill|shoot|stab|murder|"
    r"hang|lynch|bomb|blow up|burn down|shoot up|rape) (?:you|him|her|them|(?:the|this|that|your|those|these|every|"
    r"all) \w+)|(?:you|he|she|they)(?:'re| are|'s| is|'ll be| will be) (?:all )?(?:a dead (?:man|woman)|dead (?:men|"
    r"meat)|dead on sight)|(?:you|he|she|they)(?:'re all| are all|'re| are|'s| is) (?:all )?(?:going to|"
    r"gonna) (?:all )?(?:die|bleed|burn) (?:for this|tonight|tomorrow|soon|in there|on \w+day|screaming)|(?:going to|"
    r"gonna|will|i'll|we'll|want to|i'd) (?:just |really )?(?:(?:break|smash|crack|snap|stomp|bash|punch) (?:your|his|"
    r"her|their) (?:\w+ )?(?:legs?|neck|arms?|jaw|face|skull|head|teeth|knees?|kneecaps?|bones)|put (?:you|him|her|"
    r"them) (?:in (?:the ground|the hospital|a grave|a coffin|a body bag|the morgue)|six feet under)|make (?:you|him|"
    r"her|them) (?:bleed|suffer)|shoot (?:that|the|this|your|his|her) \w+ (?:dead|in the \w+))|smash (?:his|her|their|"
    r"your) face in|beat (?:him|her|them) (?:up|senseless|to death|bloody) when|(?:kill|shoot|hang|lynch|stab) (?:them|"
    r"him|her) (?:all|dead|on sight)|(?:put|get) a bullet in (?:that|this|the) \w+|i(?:'ve got| have| got) (?:a|"
    r"my) (?:gun|rifle|pistol|knife|bomb) and|(?:slit|cut|slash) (?:your|his|her|their) throats?|watch (?:your|her|his|"
    r"their) backs?|(?:you|he|she|they|everyone|all of you)(?:'ll| will| are going to|'re going to|'re gonna|"
    r"'s going to) (?:all )?(?:be|get) (?:shot|stabbed|killed|murdered|hanged|lynched|raped|bombed)|(?:won't|"
    r"will not) (?:make it (?:home|out)|live to|see (?:tomorrow|another day|next week))|bullets? (?:is|are|with|has|"
    r"have) (?:waiting|your name|his name|her name)|better (?:all )?(?:sleep with one eye open|start running)|(?:i'm|"
    r"i am|i'll|i will|we're|we are|we'll) (?:be )?(?:bringing|bring|coming with) (?:my|an?|our|the) (?:guns?|rifles?|"
    r"glock|ar-?15|shotgun|pistol|knife|knives|machete|baseball bat)|coming (?:for|after) (?:all of )?(?:you|him|her|"
    r"them) with (?:a |my |our )?(?:guns?|rifles?|knives|knife|bats?)|pay (?:for this )?with (?:your|his|her|"
    r"their) (?:blood|li(?:fe|ves))|(?:deserves?|needs?|ought) to be (?:shot|hanged|hung|lynched|executed|killed|"
    r"stabbed|raped)|should (?:all )?be (?:shot|hanged|hung|lynched|executed|killed|stabbed|raped|taken out and shot)|"
    r"(?:put|get) a bullet in (?:your|his|her|their|the) (?:head|skull|brain)))\b"
)
_VEILED = Pattern(
    r"\b(?P<act>(?:and|or)(?: you(?:'ll| will))? (?:just )?see what happens(?: to \w+ \w+)?|(?:better|best|should) "
    r"watch (?:(?:your|his|her|their) (?:steps?|mouths?|cars?|houses?|windows?|kids?|mirrors?)|the "
    r"(?:parking lot|street|road|windows?|doors?))|(?:accidents? (?:can |do )?happens?|something (?:bad )?(?:might|may|"
    r"could|will) happen) to (?:you|him|her|them|(?:your|his|her|their) \w+)|(?:burn|hang|shoot|torch|bury) "
    r"(?:the|that|this|those|these|your|his|her|their|it)(?: \w+){0,3}? and (?:the people|everyone|everybody|whoever|"
    r"those|all|anyone)|(?:burned|burnt|hanged|shot|buried|torched) and so should (?:the people|everyone|everybody|"
    r"whoever|those|you|he|she|they|anyone)|(?:you|he|she|they)(?:'ll| will| are going to| is going to) (?:all )?"
    r"(?:regret|be sorry for|pay for) (?:this|that|it)|sleep well while you (?:still )?can)\b"
)
_EXPLOSIVE = Pattern(
    r"\b(?:(?:there(?:'s| is| will be| are)|i(?:'ve| have)? (?:put|planted|left|hid|set|have|got)|planting|"
    r"we(?:'ve)? planted) (?:an? |the )?(?:(?:pipe|nail|car|real|live|time|dirty) )?(?:bombs?|explosives?|grenade|"
    r"shooter|ied)|"
    rf"(?:pipe |nail |car )?bombs? (?:is |are |will go off |hidden |planted )*(?:in|inside|under|at|outside) (?:the|"
    rf"this|that|your|our)(?: \w+)?? {_VIOLENCE.either('places')}|expect an? (?:mass )?(?:shooting|bomb|explosion|"
    rf"massacre)|(?:there will be|prepare for) an? (?:bloodbath|massacre|shooting)|(?:mass|school|"
    rf"library) shooting (?:tomorrow|tonight|today|on \w+day|at noon|at \d+))\b"
)
_NO_BOMB = Pattern(
    r"\b(?:bath|seed|photo|yarn|glitter|cherry|f|stink|smoke|water|love|sex|google|logic|hydrogen|atom(?:ic)?|truth|"
    r"cocoa|hot chocolate|time|knit|paint|flower|clay|snow|kissing|potato|tea|fat|ww2|wwii|world war|defused|"
    r"unexploded)[- ]?bomb"
)
_FIGURES = Pattern(
    r"^(?:you|him|her|them|y'?all|u|ya|everyone|everybody)? ?(?:(?:an?|the|your|some|over|my|that|those|this|these|all|"
    r"another) )*(?:quick )?(?:e-?mails?|messages?|texts?|dms?|pms?|notes?|links?|lines?|calls?|photos?|pictures?|"
    r"videos?|films?|hoops|baskets|pool|craps|breeze|moon|time|lights?|moods?|messengers?|engines?|two birds|switch|"
    r"process|weeds?|bugs?|mosquitos?|mosquitoes|spoilers?|lunch|quiz|test|exams?|presentation|reading|challenge|bill|"
    r"levy|referendum|proposal|project|idea|deal|joke|jokes|stars?|wedding|portraits?|scenes?|clay|arrows?|crib|"
    r"calories|candles?|midnight oil|toast|turkey|garlic|cd|dvds?|bridge|bridges|rubber|for (?:a|an|some|that|this|"
    r"joy)|it|record|news|ice|bread|bank|laugh|laughing|at (?:chess|checkers|scrabble|mario|uno|smash|bingo|trivia|"
    r"the)|to (?:it|the)|with kindness|with love|smile|smiles|hugs|know|if (?:you|u|he|she|they) (?:spoil|"
    r"tell me the ending|give away))\b"
)
# A group is a plural, whichever it is: a list of groups would protect those that are on it.
_PERSON_NOUN = Pattern(
    rf"\b(?:(?i:{_VIOLENCE.either('persons')}|[\w-]{{2,}}(?:er|or|ist|ian|s))|[A-Z][a-z]\w*)$", case=True
)
_WISHES = Pattern(r"\b(?:want|wanna|love|hurt|burn|hang|time to|let'?s|i'd|we'd|would|could|should|ought|need|gotta)\b")
_NOT_PERSONS: Final = frozenset(_VIOLENCE.lists["not_persons"])
_ENDS: Final = frozenset(_VIOLENCE.lists["ends"])
_NO_PROPER: Final = frozenset(("I", "It", "Time", "Hoops", "Bill", "If", "For", "Some", "An", "And", "To", "Me", "The"))


def threats(batch: Batch) -> Iterator[Hit]:
    """Threats in the first person, announced explosives, and violence that should befall somebody."""
    yield from _first_person(batch)
    yield from _menaces(batch)
    yield from _veiled(batch)
    yield from _explosives(batch)


def _first_person(batch: Batch) -> Iterator[Hit]:
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
        is_name = proper.capitalize() not in _NO_PROPER and proper.lower() not in _NOT_PERSONS | _ENDS
        return match.end if is_name else None
    if noun is None:
        return match.end
    for word in re.finditer(r"\S+", noun):
        if word.group().lower() in _NOT_PERSONS | _ENDS:
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


def _veiled(batch: Batch) -> Iterator[Hit]:
    """Hints. Weak whatever they say: most are ways of speaking, and the thread tells."""
    for match in batch.find(_VEILED):
        sentence = sentence_around(batch.folded[match.row].text, match.start, match.end)
        if not sentence.is_question:
            yield Hit(match.row, VEILED, match.start, match.end, {"act": match.group("act")})


def _explosives(batch: Batch) -> Iterator[Hit]:
    for match in batch.find(_EXPLOSIVE, most=LOOKED_AT):
        text = batch.folded[match.row].text
        if not _NO_BOMB.compiled.search(text[max(0, match.start - 20) : match.end]):
            strength: Strength = "weak" if is_story(text, match.start, match.end) else "strong"
            yield Hit(match.row, BOMB, match.start, match.end, {}, strength)
