"""Might this comment or message be a request for public records?

A request needs no form and may come by any written means, so one may stand in a comment (5 ILCS 140/3(c)). Whether it
is one, the FOIA officer says; the clock that the law starts runs meanwhile (`foia/alerts.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from re import escape

from pydantic import Field

from social_archive.config_schedule import Model, Text
from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule, bounded

NAMED = Rule(
    "foia-request.named", 2, "strong",
    "Names the law on public records together with words of asking, so it may be a request that starts a clock.",
)  # fmt: skip
ASKED = Rule(
    "foia-request.asked", 2, "moderate",
    "Asks for copies of records or documents, which may be a request for public records even if it names no law.",
)  # fmt: skip

_USUAL = ("FOIA", "F.O.I.A", "Freedom of Information", "public records act", "public records law",
             "public records request", "public record request", "open records", "sunshine law",
             "public information act",
             "public information request", "right to know law", "right-to-know", "sunshine request")  # fmt: skip

_I_ASK = (
    r"(?:(?:i|we)(?: am|'m| are|'re| hereby| would like to| want to| wish to| need to| will| also| formally|"
    r" officially| respectfully|'d like to|'ll)* (?:request(?:ing)?|ask(?:ing)? (?:for|that|to see)|demand(?:ing)?|"
    r"submit(?:ting)?|fil(?:e|ing)|mak(?:e|ing)|send(?:ing)?|need|want|seek(?:ing)?|foia|am entitled to|"
    r"have a right to)\b|please (?:send|provide|give|release|produce|e-?mail|supply|forward|post|consider|accept|treat|"
    r"respond)|(?:this|it) (?:is|constitutes|serves as) (?:a|an|my|our|a formal|an official)\b|(?:here is|here's) (?:a|"
    r"my|our)\b|consider this|take this as|(?:send|give|provide|show|e-?mail) (?:me|us)\b|request(?:ing|ed)? (?:for|"
    r"all|any|the|a|an|copies|copy)\b|hereby request|formal request|official request)"
)
_NOT_ASKING = Pattern(
    r"\b(?:workshop|webinar|training|class|seminar|presentation|talk|lecture|history|turned|anniversary|how (?:do|can|"
    r"would|does) (?:i|one|we|you|someone)|who (?:do|handles|is)|where (?:do|can) i|"
    r"thank(?:s)? (?:you )?for (?:hosting|the|your|offering|this|a)|i(?:'ve)? (?:foia'?d|filed|submitted|sent) (?:a|my|"
    r"one|that) .{0,30}(?:last|ago|before|in \d)|the (?:village|city|reporter|newspaper|paper) (?:filed|got|received|"
    r"requested)|costs? (?:us|taxpayers|the)|book about|novel)\b"
)
# Papers that only a public body has, and papers that anybody may mean.
_PUBLIC_PAPERS = (
    r"(?:correspondence|(?:meeting |board )?minutes|contracts?|invoices?|payroll|salar(?:y|ies)|expense (?:reports?|"
    r"records)|expenditures|(?:incident|police|audit|inspection|financial) (?:reports?|records)|(?:security |"
    r"camera )?footage|body ?cam(?: video)?|personnel files?|legal bills|settlement agreements?|credit card statements|"
    r"meeting (?:packets?|notes)|bids|audits?|lists? of (?:all |every |the )?(?:payments|employees|vendors|expenses|"
    r"purchases|salaries|complaints|contracts|donors|checks))"
)
_PAPERS = (
    r"(?:records?|documents?|e-?mails?|text messages|texts|communications|budgets?|logs?|receipts?|reports?|"
    r"recordings?|agreements?|proposals?|complaints?|agendas?|memos?|memorand(?:a|ums?)|policies|spreadsheets?|"
    r"settlements?|ordinances?)"
)
_ABOUT = (
    r"(?:between|from|regarding|about|concerning|related to|relating to|pertaining to|for (?:the|all|fiscal|20\d\d)|"
    r"of (?:the|all|every|your)|with (?:the|your)|sent|received|filed|showing|on the|since|that (?:mention|discuss|"
    r"refer|contain|include)s?|mentioning|containing|dated|you have)"
)
_COPIES = Pattern(
    r"(?:\b(?:(?:i|we)(?: am|'m| are|'re| hereby| also| formally| respectfully)? (?:request(?:ing)?|ask(?:ing)? (?:for|"
    r"to see)|demand(?:ing)?|want|need|would like|seek(?:ing)?)|(?:i|we)'d like|please (?:send|provide|release|produce|"
    r"e-?mail|supply|give|forward)|(?:send|give|e-?mail|show) (?:me|us)|provide(?: me| us)?(?: with)?|(?:can|"
    r"could) (?:you|i|we) (?:please )?(?:send|get|see|have|provide|inspect|e-?mail|release)|request(?:ing)?|"
    r"may i (?:have|see|inspect)|release|turn over|hand over|produce)|(?:^|[.!?\n] ?)(?:need(?:ing)?|send|provide|"
    r"requesting)|\b(?:how|where) (?:do|can|would) i (?:get|obtain|request|see|inspect))(?: me| us| to| a| an| the|"
    r" with| please| you| get| see| have| receive| obtain| inspect| review| request| send| any| and| all| every| full|"
    r" complete| of)* ?(?:(?:electronic |digital |paper |certified |full )*(?:cop(?:y|ies) of|"
    r"access to)\b[^.!?\n]{0,60}?\b"
    rf"(?:{_PUBLIC_PAPERS}|{_PAPERS})|(?:[\w'&-]+ ){{0,6}}?(?:{_PUBLIC_PAPERS}|{_PAPERS} {_ABOUT}))\b"
)
_NO_REQUEST = Pattern(r"\b(?:more|better|fewer|less|new|raise|lower|higher|good|clearer) (?:[\w'-]+ )?$")
_OWN_PAPERS = Pattern(
    r"\b(?:my (?:own|tax|bank|medical|court|records?|documents?|account|transcripts?)|print|printer|printing|scan|"
    r"scanning|copier|photocop\w+|fax|notary|notarize|notarized|tax forms?|birth certificate|passport|resume|genealogy|"
    r"obituar\w+|research paper|homework|cookbook|novel|dvds?|cds?|vinyl|playlist|recipes?|make copies|help with|"
    r"study room|books?|ebooks?|magazines?|database|archives? of the|newspapers?)\b"
)


class FoiaRequest(Criterion):
    """Words that may make a comment or a message a request for public records."""

    name = "foia-request"
    title = "Possible FOIA request"
    clause = None
    note = (
        "A request needs no form and no mention of the law. If this is one, the response period has begun when the "
        "library received it: tell the FOIA officer today. Talk about the law is not a request."
    )
    rules = (NAMED, ASKED)

    class Settings(Model):
        """`laws`: names of laws on public records that a request may mention; case does not matter."""

        laws: list[Text] = Field(default_factory=lambda: list(_USUAL), min_length=1)

    @cached_property
    def _law(self) -> str:
        return rf"\b(?:{'|'.join(escape(law) for law in self.settings.laws)})(?:'?(?:d|ing|s))?\b"

    @cached_property
    def _any_law(self) -> Pattern:
        return Pattern(self._law)

    @cached_property
    def _named(self) -> Pattern:
        """Asking and the law within 200 characters of a line; the law as what a request is made under; as a heading."""
        law = self._law
        return Pattern(
            rf"\b{_I_ASK}[^\n]{{0,200}}?{law}(?: act\b)?(?: request)?|{law}[^\n]{{0,200}}?\b{_I_ASK}|\b(?:under|"
            rf"pursuant to|per|in accordance with|through|via|by) (?:the )?(?:illinois |state |"
            rf"federal )*{law}(?: act)?[^\n]{{0,80}}?\b(?:request|provide|send|copy|copies|records|e-?mails|documents|"
            rf"produce|release|all)\b|{law}(?: act)? request\W+(?:for|to)\b|(?:^|[^\w ]|\bofficial|\bformal|\bmy|\ba|"
            rf"\bthis is) ?(?:illinois )?{law}(?: act)?(?: request)? ?[:-]|\b(?:i|we)(?: hereby|'m| am| will|'ll|"
            rf" want to| would like to|'d like to)* {law}"
        )

    def find(self, batch: Batch) -> Iterator[Hit]:
        return bounded(self._hits(batch))

    def _hits(self, batch: Batch) -> Iterator[Hit]:
        named = set()
        lawful = batch.rows(self._any_law)
        for match in batch.find(self._named, lawful, most=LOOKED_AT):
            if match.row not in named and not _NOT_ASKING.compiled.search(_line(batch, match)):
                named.add(match.row)
                yield Hit(match.row, NAMED, match.start, match.end)
        for match in batch.find(_COPIES, most=LOOKED_AT):
            if match.row not in named and not _is_other_wish(batch, match):
                yield Hit(match.row, ASKED, match.start, match.end)


def _is_other_wish(batch: Batch, match: Match) -> bool:
    """For one's own papers, for a library's wares, or for other papers than there are ("more contracts")."""
    paper = match.text.rsplit(" ", 1)[0] + " "
    return bool(_OWN_PAPERS.compiled.search(_line(batch, match, ahead=0)) or _NO_REQUEST.compiled.search(paper))


def _line(batch: Batch, match: Match, *, ahead: int = 40) -> str:
    """The match with some words before and after it, of its own line."""
    text = batch.folded[match.row].text
    before = text[max(0, match.start - 40) : match.start].rpartition("\n")[2]
    return before + match.text + text[match.end : match.end + ahead].partition("\n")[0]
