"""Clause 1, third part: a private fact about a named person, or intimate pictures that are threatened or offered.

Private facts are health, sexual life, family, immigration status and money troubles. What people say of themselves is
none of it: a person other than the writer must be named, or named by kinship ("her son").
"""

from __future__ import annotations

from collections.abc import Iterator

from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule, Strength, bounded
from social_archive.policy.speech.persons import NAMED, is_subject, name_in
from social_archive.policy.speech.sentences import is_story, sentence_around

NAMED_FACT = Rule(
    "invades-privacy.named-person", 1, "moderate",
    "Says something private ({kind}) of a person who is named: {person}.",
)  # fmt: skip
KIN_FACT = Rule(
    "invades-privacy.relative", 1, "weak",
    "Says something private ({kind}) of somebody's relative or neighbour without a full name.",
)  # fmt: skip
BY_PRONOUN = Rule(
    "invades-privacy.by-pronoun", 1, "weak",
    "Says something private ({kind}) of somebody; {person} is named shortly before.",
)  # fmt: skip
IMAGES = Rule(
    "invades-privacy.intimate-images", 1, "moderate",
    "Speaks of showing or passing on somebody else's intimate pictures.",
)  # fmt: skip

_ILLNESS = (
    r"(?:hiv|aids|herpes|chlamydia|syphilis|gonorrhea|an? std|an? sti|hepatitis(?: [abc])?|cancer|leukemia|dementia|"
    r"alzheimer'?s|parkinson'?s|schizophrenia|bipolar(?: disorder)?|ptsd|an eating disorder|anorexia|bulimia|epilepsy|"
    r"autism|adhd|a drinking problem|a drug problem|a gambling problem|an addiction|a mental illness|depression|"
    r"diabetes|lupus|kidney failure|seizures|ocd|down syndrome|als|crohn's|liver failure|hiv\+|a nervous breakdown|"
    r"a brain tumor|ms|multiple sclerosis|tuberculosis|a miscarriage|an abortion)"
)
_HEALTH = (
    rf"(?:(?:has|had|got|has got|suffers from|was diagnosed with|is diagnosed with|got diagnosed with|caught|"
    rf"takes meds for|is dying of|tested positive for|is being treated for) (?:the |stage \w+ |terminal |severe |bad |"
    rf"late.stage |breast |lung |postpartum |clinical |early )?{_ILLNESS}|"
    r"(?:is|was|went|goes|has been|'s been|'s) (?:back )?(?:in|to|into) (?:rehab|detox|a psych ward|the psych ward|"
    r"a mental hospital|psychiatric care)|(?:is|was|'s) (?:hiv.positive|bipolar|schizophrenic|autistic|suicidal|"
    r"infertile|an alcoholic|anorexic|bulimic|pregnant|on (?:methadone|antidepressants|suboxone|psych meds|"
    r"psychiatric medication|lithium))|(?:(?:attempted|tried) suicide|had an? (?:stroke|miscarriage|hysterectomy|"
    r"breakdown)|(?:is|was) (?:getting|undergoing|on|having) (?:chemo|radiation|dialysis|ivf|chemotherapy)|(?:is|"
    r"was) in (?:aa|na|therapy|recovery)|(?:is|was) committed to an? (?:\w+ )?(?:hospital|institution|ward|asylum)|"
    r"(?:is|was) an? (?:recovering |drug |heroin |meth |pill |secret )*(?:addict|alcoholic|junkie)|"
    r"tried to kill (?:himself|herself|themselves)|overdosed|had a nervous breakdown|got an abortion|had a vasectomy))"
)
_SEXUAL = (
    r"(?:(?:is|was|'s) (?:secretly |actually |really |totally )?(?:gay|a lesbian|lesbian|bisexual|transgender|trans|"
    r"closeted|impotent|a virgin|a prostitute|an escort)|(?:is|was|'s) (?:having|had) an affair|"
    r"has? (?:had )?an affair|had an affair|is cheating (?:on|with)|cheat(?:s|ed) on (?:his|her|their) (?:wife|husband|"
    r"spouse|partner|girlfriend|boyfriend)|(?:sleeps|slept|is sleeping) (?:with|around))"
)
_FAMILY = (
    r"(?:lost custody|is adopted|was adopted|isn't (?:his|her) real (?:father|mother|kid|child)|(?:is|"
    r"was) getting (?:a )?divorced?|(?:is going|went) through a (?:\w+ )?divorce|got divorced|is illegitimate|"
    r"was taken (?:away )?by (?:dcfs|cps)|was in foster care|is in foster care)"
)
_IMMIGRATION = (
    r"(?:(?:is|was|'s|are) (?:an )?(?:undocumented|illegal (?:immigrant|alien)|in the country illegally|"
    r"here illegally)|(?:has|have) no (?:papers|green card|visa|legal status)|overstayed (?:his|her|their) visa|(?:is|"
    r"was) (?:here )?without papers)"
)
_MONEY = (
    r"(?:(?:is|went|was) bankrupt|filed (?:for )?bankruptcy|(?:is|was|lives?) on (?:welfare|food stamps|snap|"
    r"disability|medicaid)|(?:got|was|is being) (?:evicted|foreclosed on)|(?:can't|cannot|couldn't) (?:pay|"
    r"afford) (?:his|her|their) (?:mortgage|rent|bills|taxes)|(?:is|was) in foreclosure|lost (?:his|her|"
    r"their) (?:house|home) to|(?:is|was) behind on (?:his|her|their) (?:mortgage|rent|child support)|"
    r"owes (?:back taxes|child support|\$?\d[\d,]* in (?:child support|back taxes))|(?:had|has) (?:his|her|"
    r"their) wages garnished|(?:makes|earns) only \$\d[\d,]*)"
)
_FACT = (
    rf"(?:(?P<health>{_HEALTH})|(?P<sexual_life>{_SEXUAL})|(?P<family>{_FAMILY})|"
    rf"(?P<immigration_status>{_IMMIGRATION})|(?P<money>{_MONEY}))\b"
)
_KIN = (
    r"(?:son|daughter|wife|husband|ex|ex-wife|ex-husband|mother|father|mom|dad|brother|sister|kid|child|niece|nephew|"
    r"cousin|girlfriend|boyfriend|partner|neighbor|neighbour|boss|coworker|uncle|aunt|grandson|granddaughter|roommate|"
    r"tenant)"
)
_MAYBE = (
    r"(?:(?:also|just|actually|really|definitely|secretly|who|still|always|now|both|clearly|apparently|"
    r"literally) ){0,2}"
)

_ANY_FACT = Pattern(_FACT)
_OF_NAMED = Pattern(rf"(?P<person>{NAMED})(?: (?:from|at|in|of) (?:the )?\w+)?,? ?(?i:{_MAYBE}{_FACT})", case=True)
_OF_KIN = Pattern(rf"\b(?:his|her|their|your|the \w+'s|\w+'s) {_KIN}(?: [a-z][\w'-]+)?,? {_MAYBE}{_FACT}")
_OF_SOMEBODY = Pattern(rf"\b(?:he|she|they) ?{_MAYBE}{_FACT}")
_ANY_NAME = Pattern(NAMED, case=True)
_IMAGES = Pattern(
    r"\b(?:(?:post|leak|share|send|sell|upload|release|publish|trade|show)(?:s|ed|ing)? (?:everyone |you |all |some |"
    r"of )*(?:his|her|their|your|these|\w+'s) (?:nudes?|naked (?:pics?|pictures?|photos?|videos?)|nude (?:pics?|"
    r"pictures?|photos?|videos?)|sex ?tapes?|intimate (?:pics?|pictures?|photos?|images|videos?))|(?:have|got) (?:the |"
    r"some )?(?:nudes?|naked (?:pics?|pictures?|photos?)|nude (?:pics?|pictures?|photos?)|sex ?tapes?) of (?:you|her|"
    r"him|them|your \w+|\w+))\b"
)
_NO_FACT = Pattern(
    r"^[- ](?:test|support|aware|screen|prevent|research|resource|info|group|program|clinic|book|educat|care|service|"
    r"walk|treatment|survivor|patients|foundation|society|month|week|day|studies|rights|section|collection|reading|"
    r"olive|island|birth)"
)
_NEAR = 200  # characters before a pronoun in which its person may be named


class InvadesPrivacy(Criterion):
    """A private fact about somebody who is named, or intimate images."""

    name = "invades-privacy"
    title = "Private facts about a named person (1c: invades privacy)"
    clause = "obscene-defamatory-invasive-disparaging"
    note = (
        "Whether publicity invades privacy depends on whether the fact is private, whether the public has a "
        "legitimate concern in it, and whether the person made it public: none of that stands in the comment. People "
        "may speak of themselves and of their family. Intimate images passed on without consent are to be referred to "
        "counsel at once."
    )
    rules = (NAMED_FACT, KIN_FACT, BY_PRONOUN, IMAGES)

    def find(self, batch: Batch) -> Iterator[Hit]:
        return bounded(_hits(batch))


def _hits(batch: Batch) -> Iterator[Hit]:
    rows = batch.rows(_ANY_FACT)
    told = set()
    for match in batch.find(_OF_NAMED, rows, most=LOOKED_AT):
        hit = _of_named(batch, match)
        if hit:
            told.add(match.row)
            yield hit
    for match in batch.find(_OF_KIN, rows, most=LOOKED_AT):
        if match.row not in told and _strength(batch, match):
            told.add(match.row)
            yield Hit(match.row, KIN_FACT, match.start, match.end, {"kind": _kind(match)})
    for match in batch.find(_OF_SOMEBODY, rows, most=LOOKED_AT):
        hit = None if match.row in told else _of_somebody(batch, match)
        if hit:
            yield hit
    for match in batch.find(_IMAGES):
        yield Hit(match.row, IMAGES, match.start, match.end)


def _of_named(batch: Batch, match: Match) -> Hit | None:
    name = name_in(match.group("person"))
    strength = _strength(batch, match)
    text = batch.folded[match.row].text
    if name is None or strength is None or not is_subject(text, match.start + name[0]):
        return None
    evidence = {"kind": _kind(match), "person": match.group("person")[name[0] :]}
    return Hit(match.row, NAMED_FACT, match.start + name[0], match.end, evidence, strength)


def _of_somebody(batch: Batch, match: Match) -> Hit | None:
    text = batch.folded[match.row].text
    before = text[max(0, match.start - _NEAR) : match.start]
    named = [(found.group(), name_in(found.group())) for found in _ANY_NAME.compiled.finditer(before)]
    persons = [person[where[0] : where[1]] for person, where in named if where]
    if not persons or _strength(batch, match) is None:
        return None
    return Hit(match.row, BY_PRONOUN, match.start, match.end, {"kind": _kind(match), "person": persons[-1]})


def _strength(batch: Batch, match: Match) -> Strength | None:
    """None: asked, supposed, denied, or a service ("has HIV testing"). Weak: told of a story, or of history."""
    text = batch.folded[match.row].text
    if _NO_FACT.compiled.search(text[match.end : match.end + 20]):
        return None
    sentence = sentence_around(text, match.start, match.end)
    if sentence.is_question or sentence.is_supposed or sentence.denies_before(match.end):
        return None
    return "weak" if is_story(text, match.start, match.end) else "moderate"


def _kind(match: Match) -> str:
    kinds = ("health", "sexual_life", "family", "immigration_status", "money")
    return next(kind.replace("_", " ") for kind in kinds if match.groups[kind] is not None)
