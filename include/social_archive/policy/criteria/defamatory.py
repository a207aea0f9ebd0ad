"""Clause 1, second part: a named person and an accusation of a crime or of professional misconduct, told as a fact.

What makes words defamatory (falsity, fault, harm, privilege) no machine can see. The check shows a name and a verb. It
reads no opinion: "is terrible", "is a liar", "should resign" are none of its words, and whose name it is plays no part.
"""

from __future__ import annotations

from collections.abc import Iterator

from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule, Strength, bounded
from social_archive.policy.speech.persons import NAMED, is_subject, name_in
from social_archive.policy.speech.sentences import is_story, sentence_around

ACCUSED = Rule(
    "defamatory.accused", 1, "moderate",
    "A person or body named {person} is said as a fact to have done wrong ({act}): possible defamation, for review.",
)  # fmt: skip
BY_PRONOUN = Rule(
    "defamatory.accused-by-pronoun", 1, "weak",
    "Somebody is said as a fact to have done wrong ({act}), and {person} is named shortly before.",
)  # fmt: skip

_THEFT = (
    r"(?:st(?:ole|olen|eals?|ealing)|robb?(?:ed|ing|s)|embezzl(?:ed|es|ing)|pocket(?:ed|s|ing)|skimm(?:ed|ing)|"
    r"misappropriat(?:ed|es|ing)|misus(?:ed|es|ing)|launder(?:ed|s|ing)|swindl(?:ed|es|ing)|defraud(?:ed|s|ing)?|"
    r"scamm(?:ed|ing)) [\w$]+|embezzl(?:ed|es|ing)\b|shoplift(?:ed|s|ing)?\b"
)
_BRIBES = (
    r"(?:t(?:ook|akes|aken|aking)|accept(?:ed|s|ing)?|pa(?:id|ys)|offer(?:ed|s)|got|gets?|receiv(?:ed|es|ing)) (?:an? |"
    r"the |some |big |cash )*(?:bribes?|kickbacks?|hush money|payoffs?)|brib(?:ed|es|ing)\b"
)
_VIOLENCE = (
    r"(?:rap(?:ed|es|ing)|molest(?:ed|s|ing)|sexually (?:assault(?:ed|s|ing)|abus(?:ed|es|ing)|harass(?:ed|es|ing))|"
    r"groom(?:ed|s|ing) (?:kids|children|minors|girls|boys|students|teens?|teenagers)|murder(?:ed|s|ing)|assaulted|"
    r"kidnapped|blackmail(?:ed|s|ing)|abus(?:ed|es|ing) (?:his|her|their|the|kids|children|minors|patients|students|"
    r"drugs)|be(?:at|ats|aten|ating) (?:up )?(?:his|her|their) (?:wife|husband|kids?|children|son|daughter|girlfriend|"
    r"boyfriend|partner)|beat(?:s|ing)? up (?:an?|the|his|her|my) \w+|harass(?:es|ed|ing)\b|threatened to kill|"
    r"pulled a (?:gun|knife) on|(?:stabbed|poisoned|tortured|abducted|drugged) (?:an?|the|his|her|my|their)|"
    r"neglect(?:s|ed|ing) (?:his|her|their) (?:kids|children|child|patients)|spi(?:es|ed) on|stalk(?:ed|s|ing) (?:me|"
    r"him|her|my|women|children|kids|girls|his|patrons)|set fire to|(?:g[ai]ves?|gave|sold|sells|bought|"
    r"buys) (?:alcohol|drugs|beer|liquor|cigarettes|vapes) (?:to|for) (?:minors|kids|children|students|teens)|(?:hit|"
    r"hits|slapped|punched|choked|kicked|strangled|groped) (?:an?|the|my|his|her|their) (?:\w+ )?(?:child|kid|student|"
    r"patron|woman|man|wife|girl|boy|son|daughter|coworker|toddler|employee)|expos(?:ed|es) (?:himself|herself|"
    r"themselves)|(?:sle(?:pt|eps)|had sex|has sex|having sex) with (?:students?|minors?|a student|a minor|underage|"
    r"patients?|kids|children))"
)
_DECEIT = (
    r"(?:commit(?:s|ted|ting) (?:a |an |tax |voter |election |insurance |welfare |identity |wire |multiple |"
    r"the )*(?:fraud|perjury|crimes?|theft|arson|assault|murder|rape|adultery|malpractice|treason|forgery|felony|"
    r"felonies|battery)|cook(?:ed|s|ing) the books|plant(?:ed|s|ing) (?:evidence|drugs)|(?:took|takes|taking) (?:money|"
    r"cash|funds|donations) (?:from|out of)|faked (?:his|her|their) (?:degree|resume|credentials|licen[cs]e|diploma)|"
    r"(?:drove|drives|driving) drunk|got a dui|lied to (?:the )?(?:police|court|grand jury|fbi)|leak(?:ed|s|"
    r"ing) (?:patron|confidential|private) (?:records|data|information)|cover(?:ed|s|ing) up (?:the |an? )?(?:abuse|"
    r"fraud|crimes?|theft|rape|assault)|(?:doctored|destroyed|shredded|tampered with) (?:the |all |our |"
    r"public )*(?:books|records|minutes|evidence|documents|ballots)|watch(?:es|ed|ing) porn (?:at|on)|hack(?:ed|s|"
    r"ing) (?:the|our|my|into)|(?:overbilled|double.billed|overcharged) the|extort(?:ed|s|ing)|(?:runs|ran|"
    r"running) (?:an? |the )(?:prostitution|drug|gambling|trafficking|fraud|scam|ponzi|crime)\b|killed (?:an? |his |"
    r"her |their |my |two |three )(?:man|woman|wife|husband|child|girl|boy|kid|people|patient|brother)|perjured|"
    r"lied under oath|forg(?:ed|es|ing)|falsif(?:ied|ies|ying)|fabricat(?:ed|es|ing) (?:evidence|records|data|"
    r"documents)|plagiari[sz](?:ed|es|ing)|cheat(?:ed|s|ing) on (?:his|her|their) tax(?:es)?|evad(?:ed|es|"
    r"ing) tax(?:es)?|rigg(?:ed|ing) (?:the|a|an|our) (?:election|vote|bid|bids|contract|bidding|ballots?)|(?:sells|"
    r"sold|deals|dealt|dealing|selling) (?:drugs|meth|heroin|cocaine|fentanyl|weed)(?: to)?|dr(?:inks|ank|unk|"
    r"inking) on the job|(?:is|was|shows? up|came) (?:drunk|high) (?:on the job|at work|on duty|to work)|"
    r"practi[cs](?:es|ed|ing) without a licen[cs]e|tak(?:es|ing) money under the table|took money under the table)"
)
_IS_A = (
    r"(?:a|an|the|another) (?:known |convicted |registered |serial |total |literal |proven |common |petty |dangerous |"
    r"secret )*(?:p(?:a)?edophile|pedo|rapist|child molester|molester|sex offender|sexual predator|child abuser|thief|"
    r"embezzler|murderer|killer|drug dealer|drug addict|felon|fraudster|wife beater|con ?man|con artist|arsonist|"
    r"burglar|forger|plagiarist|tax (?:cheat|evader)|human trafficker|spy|terrorist|child trafficker|groomer)\b"
)
_PUNISHED = (
    r"(?:arrested|convicted|indicted|disbarred|sentenced|jailed|imprisoned|caught (?:stealing|shoplifting|embezzling|"
    r"cheating)|charged with|fired for|found guilty)\b"
)
_HELPERS = (
    r"(?:(?:has|have|had|is|was|'s|keeps?|kept|just|actually|really|already|been|always|definitely|literally|once|who|"
    r"and|also|allegedly|reportedly|supposedly|apparently|secretly|openly|still|probably|obviously|knowingly|"
    r"repeatedly|then|himself|herself|there|personally|clearly|caught|seen|getting|got|known to|went and|,) ){0,4}"
)
_ACTS = rf"(?:{_THEFT}|{_BRIBES}|{_VIOLENCE}|{_DECEIT})"
_ACCUSED = (
    rf"(?:{_ACTS}|(?:is|was|'s|are) (?:also |actually |really |just |such |clearly |literally |nothing but )?{_IS_A}|"
    rf"(?:is|was|were|got|been|gets) {_PUNISHED})"
)

_BY = r"(?:stolen|raped|molested|murdered|embezzled|forged|falsified|robbed|groomed|assaulted|rigged) by"
_BESIDE = r"(?:'s been)?(?:, (?:the|our|my|a|an) [\w ]{1,30})?,? "  # what may stand between a name and its verb
_BEFORE_AND = r"(?:(?:[\w$']+ ){1,8}?and (?:then )?)?"  # "has been helping himself to the cash and ..."

_SUSPECT = Pattern(rf"\b(?:{_ACCUSED}|{_BY})")
_NAMED = Pattern(rf"(?P<person>{NAMED}){_BESIDE}(?i:{_HELPERS}{_BEFORE_AND}(?P<act>{_ACCUSED}))", case=True)
_PASSIVE = Pattern(rf"\b(?P<act>(?i:{_BY})) (?P<person>{NAMED})", case=True)
_PRONOUN = Pattern(rf"\b(?:he|she|they) {_HELPERS}(?P<act>{_ACCUSED})")
_ANY_NAME = Pattern(NAMED, case=True)
_HARMLESS = Pattern(
    r"^\W*(?:the |my |your |our |a |his |her |their |second |third |home |all |this |that |of |every )*(?:shows?|"
    r"scenes?|hearts?|spotlight|thunder|kiss|base|home ?plate|solos?|songs?|dance floor|role|part|audience|glance|game|"
    r"nap|idea|moment|breath|day|attention|look|glimpse|limelight|away|into|past|back|up|across|off|weekend|sleep|"
    r"ears?|brain|vibe|night|cookies?|fries|recipe|joke|seat|covers|bases)\b"
)
_NEAR = 200  # characters before a pronoun in which its person may be named


class Defamatory(Criterion):
    """A named person, and a crime or misconduct told as a fact."""

    name = "defamatory"
    title = "Named person accused of a crime or misconduct (1b: defamatory)"
    clause = "obscene-defamatory-invasive-disparaging"
    note = (
        "Whether a statement is defamatory depends on whether it is false, on fault, harm and privilege: a court "
        "decides that, and nothing here can. Opinions, insults, questions and rhetoric are not statements of fact. A "
        "statement about a public official is protected unless made with actual malice (New York Times v. Sullivan, "
        "376 U.S. 254 (1964)), and a true report is a complaint that somebody may have to follow up. Refer to counsel "
        "before acting."
    )
    rules = (ACCUSED, BY_PRONOUN)

    def find(self, batch: Batch) -> Iterator[Hit]:
        return bounded(_hits(batch))


def _hits(batch: Batch) -> Iterator[Hit]:
    suspects = batch.rows(_SUSPECT)
    told = set()
    for pattern in (_NAMED, _PASSIVE):
        for match in batch.find(pattern, suspects, most=LOOKED_AT):
            hit = _accused(batch, match)
            if hit and (hit.row, hit.start) not in told:
                told.add((hit.row, hit.start))
                yield hit
    rows_told = {row for row, _ in told}
    for match in batch.find(_PRONOUN, suspects, most=LOOKED_AT):
        hit = None if match.row in rows_told else _by_pronoun(batch, match)
        if hit:
            yield hit


def _accused(batch: Batch, match: Match) -> Hit | None:
    text = batch.folded[match.row].text
    strength = _strength(text, match)
    name = name_in(match.group("person"))
    if strength is None or name is None:
        return None
    is_active = match.text.startswith(match.group("person"))  # else "stolen by ..."
    begin = match.start if is_active else match.end - len(match.group("person"))
    person = text[begin + name[0] : begin + name[1]]
    start = begin + name[0] if is_active else match.start
    if is_active and not is_subject(text, start):
        return None
    return Hit(match.row, ACCUSED, start, match.end, {"person": person, "act": match.group("act")}, strength)


def _by_pronoun(batch: Batch, match: Match) -> Hit | None:
    text = batch.folded[match.row].text
    before = text[max(0, match.start - _NEAR) : match.start]
    named = [(found.group(), name_in(found.group())) for found in _ANY_NAME.compiled.finditer(before)]
    persons = [person[where[0] : where[1]] for person, where in named if where]
    if not persons or _strength(text, match) is None:
        return None
    return Hit(match.row, BY_PRONOUN, match.start, match.end, {"person": persons[-1], "act": match.group("act")})


def _strength(text: str, match: Match) -> Strength | None:
    """None: asked, supposed, denied, or an idiom. Weak: reported, or told of a story."""
    sentence = sentence_around(text, match.start, match.end)
    if sentence.is_question or sentence.is_supposed or sentence.denies_before(match.start):
        return None
    after = text[match.end : match.end + 40]
    if any(_HARMLESS.compiled.search(what) for what in (after, match.group("act").split()[-1] + after)):
        return None
    return "weak" if sentence.is_reported or is_story(text, match.start, match.end) else "moderate"
