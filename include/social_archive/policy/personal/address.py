"""Street addresses, as they are written in the United States."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from social_archive.policy.batch import Batch, Match, Pattern, Rows
from social_archive.policy.criterion import Strength
from social_archive.policy.personal.claim import Claim, begins_alone, blot, candidates, in_link, said_before

_SURE: Final = "street|st|avenue|ave|av|boulevard|blvd|road|rd|lane|ln|parkway|pkwy|highway|hwy|terrace|cir"
_OPEN: Final = "drive|dr|court|ct|place|pl|way|circle|trail|trl|square|sq|loop|ridge|crossing|xing|alley|cove|bend|ter"
"""Words that are often something else than the end of a street's name: capitals have to tell."""

_VAGUE: Final = "run|path|row|walk|plaza|plz|point|pt|hollow|pass|park|commons|glen"
"""Words that seldom are it: a town or words of living have to tell."""

_STATES: Final = (
    "IL|Ill|Illinois|IN|Indiana|WI|Wisconsin|IA|Iowa|MI|Michigan|MO|Missouri|OH|Ohio|MN|Minnesota|KY|Kentucky|AL|AK|AZ|"
    "AR|CA|California|CO|CT|DE|DC|FL|Florida|GA|HI|ID|KS|LA|ME|MD|MA|MS|MT|NE|NV|NH|NJ|NM|NY|"
    "New York|NC|ND|OK|OR|PA|RI|"
    "SC|SD|TN|TX|Texas|UT|VT|VA|WA|WV|WY"
)
_NUMBER: Final = r"(?:\d{1,2}[NSEW]\d{2,4}|[NSEW]\d{1,3}[NSEW]\d{3,5}|\d{1,6}(?:-\d{1,4})?[A-Z]?)"
_SIDE: Final = r"(?:(?:north|south)(?:east|west)?|east|west|[nsew]|ne|nw|se|sw)\.?"
_WORD: Final = r"[^\s,.;:!?()\"@#$/]+\.?"
_S: Final = r"[ \t]+"
_O: Final = r"[ \t]*"
_UNIT: Final = (
    rf"(?:,|{_S}|\n)(?:{_O}(?:apartment|apt|unit|suite|ste|floor|fl|lot|bldg)\b\.?{_O}#?(?:[A-Z]?-?\d+[A-Z]?|[A-Z])\b|"
    rf"{_O}#{_O}\d+[A-Z]?\b)"
)
_TOWN: Final = (
    rf"(?:,{_S}|,?\n|{_S})(?-i:[A-Z][a-z.']+{_O}(?:[A-Z][a-z]+{_O})?),?{_O}(?-i:{_STATES})\b\.?"
    rf"(?:,?{_S}\d{{5}}(?:-\d{{4}})?)?|,?{_S}(?-i:{_STATES}){_S}\d{{5}}(?:-\d{{4}})?|,?{_S}\d{{5}}(?:-\d{{4}})?"
)
_STREET: Final = Pattern(
    rf"\b(?P<number>{_NUMBER}){_S}(?P<name>(?:{_SIDE}{_S})?(?:{_WORD}{_S}){{1,3}}?)(?P<end>{_SURE}|{_OPEN}|{_VAGUE})\b"
    rf"(?:{_S}(?:{_SURE}|{_OPEN}|{_VAGUE})\b)?\.?(?:{_S}{_SIDE}(?:\b|$))?(?P<unit>{_UNIT})?(?P<town>{_TOWN})?"
)
_BOX: Final = Pattern(r"\b(?:p\.? ?o\.? ?|post office )box\s?#?\s?\d{1,6}\b")
_LIVES: Final = (
    r"(?:live[sd]?|living|resid(?:es?|ing)|stay(?:s|ing)?|home (?:address )?is|house is|address(?: is|:)?|found|"
    r"located|lives over|come|mail(?: it)?|send(?: it)?|shipped?|deliver(?:ed)?)"
)
_NAMELESS: Final = Pattern(
    rf"\b{_LIVES}(?:{_S}(?:at|to|on|by|over at|there at))?:?{_S}(?P<street>(?P<number>{_NUMBER}){_S}"
    rf"(?P<name>{_SIDE}{_S}(?-i:[A-Z][a-z'-]+|\d{{1,3}}(?:st|nd|rd|th))|(?-i:Broadway|Broad|Route|"
    rf"Rte)(?:{_S}\d{{1,3}})?)"
    rf"(?P<unit>{_UNIT})?(?P<town>{_TOWN})?)"
)
_AT_HOME: Final = Pattern(rf"\b(?:{_LIVES}|neighbou?r|home|house|moved|at){_O}(?:at|to|on|is|was)?:?{_O}$")

_NOT_IN_NAMES: Final = (
    "a an the of for to on in at by with from and or but is are was were be been am i we he she it they you my "
    "your his her our their its this that these those no not so if as than then there here more most less few "
    "many much some any all both each every other another new big little good great best free extra minute "
    "minutes min mins hour hours hr hrs day days week weeks month months year years yr yrs mile miles block "
    "blocks feet foot ft yards acres people kids children books copies times time dollars cents bucks percent "
    "pages cars trucks men women stars star points weeks' minutes' hours' pm p.m. a.m. mph steps families "
    "students teens adults seats spots parking because when while since before after until about just only really "
    "very still down up off out over per via near around past across along between went go goes going drove walk "
    "walked take takes took have has had will would can could should "
)
"""Words that no street is called by: what stands with them is a measure or a sentence."""

_NO_NAMES: Final = frozenset(_NOT_IN_NAMES.split())
_THINGS_AFTER: Final = Pattern(
    r"^['’]?s?\s(?-i:(?:Press|Books?|Bookstore|Bookshop|Caf[eé]|Coffee|Bakery|Brewery|Brewing|Diner|Fair|Fest|"
    r"Festival|Parade|"
    r"Market|Theat(?:re|er)|Grill|Pub|Journal|Church|School|Elementary|Station|Bridge|Project|Band|Boys|Blues|Gang|"
    r"Movie|"
    r"Mall|Mystery|Mysteries|Series|Irregulars|Journal|Publishing|Records|Players|Productions|Trip|Stories|Movies|"
    r"Rules|Center|Community|Association|Committee|"
    r"Residents|Gallery|Studios?|Show|Memorial|Gardens?|Club))\b"
)
_PLURAL_AFTER: Final = Pattern(r"^\s(?-i:[a-z]{3,})s\b")
_VERBS_AFTER: Final = Pattern(
    r"^\s(?:is|was|has|does|gets|needs|always|looks|keeps|seems|sounds|smells|belongs|goes|comes|costs|sits|stands|"
    r"lets|"
    r"plays|leaves|parks|still|us|this|says|sells|wants|sometimes|perhaps|across|towards|unless|thanks|his|as)\b"
)
_YEAR_BEFORE: Final = Pattern(r"\b(?:in|since|until|till|before|after|during|circa|c\.)\s$")
_SAINTS: Final = Pattern(
    r"^\.?\s(?:patrick|mary|john|paul|louis|charles|nick|nicholas|joseph|james|peter|anne|francis|valentine|jude|luke|"
    r"jerome|vincent|thomas|anthony|andrew|george|seuss|martin)\b"
)
_NOT_THE_NUMBER: Final = Pattern(
    r"\b(?:room|rm|chapter|ch|page|pages|pp?|season|episode|volume|vol|issue|grades?|ages?|age|top|under|over|exit|bus|us|il|hwy|ward|district|"
    r"dist|precinct|gate|section|act|part|phase|day|week|route|"
    r"rte|"
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|(?:[a-z]{3,9}\.? \d{1,2},?)|"
    r"published|copyright|since|summer|winter|spring|fall|#)\.?\s?$"
)


def street_addresses(batch: Batch, rows: Rows, own: Collection[str]) -> Iterator[Claim]:
    """House number, street name, kind of street, as far as it goes also unit, town and postcode; post-office boxes.

    A candidate must parse as a street address (usaddress, a model trained on US addresses). Left: the body's `own`.
    """
    ours = tuple(_even(address) for address in own)
    for match in candidates(batch, _STREET, rows):
        claim = _street(match, batch.folded[match.row].text)
        if claim and not _even(match.text).startswith(ours):
            yield claim
    for match in candidates(batch, _NAMELESS, rows):
        if _even(match.group("street")).startswith(ours):
            continue
        start = match.start + match.text.index(match.group("street"))
        yield Claim(match.row, start, match.end, "street-address", "moderate", blot(match.group("street")),
                    "words before it, house number and side of town")  # fmt: skip
    for match in candidates(batch, _BOX, rows):
        yield Claim(match.row, match.start, match.end, "street-address", "weak", blot(match.text), "post-office box")


def _street(match: Match, text: str) -> Claim | None:
    if not begins_alone(text, match.start) or in_link(text, match.start) or not _is_name(match.group("name").split()):
        return None
    placed = bool(match.group("unit") or match.group("town"))
    home = said_before(_AT_HOME, text, match.start, 25)
    if said_before(_NOT_THE_NUMBER, text, match.start, 20) or not (placed or home or _is_written_as_one(match)):
        return None
    if not placed and _is_of_a_thing(match, text, at_home=home):
        return None
    if not _is_address(match.text.removesuffix(match.group("town"))):
        return None
    strength: Strength = "strong" if placed or home else "moderate"
    return Claim(match.row, match.start, match.end, "street-address", strength, blot(match.text),
                 "parses as an address" + (", words before it" if home else ""))  # fmt: skip


def _is_name(names: list[str]) -> bool:
    sentence = any(name.lower().rstrip(".") in _NO_NAMES for name in names)
    signs = not all(name[0].isalnum() for name in names)
    return not (sentence or signs or names[-1].lower() == "old" or names[0].isdigit())


def _is_written_as_one(match: Match) -> bool:
    """With no town and no words of living around it: capitals all through, or small letters and a sure word last."""
    names, end = match.group("name").split(), match.group("end")
    capitals = [name[0].isupper() for name in names if name[0].isalpha()]
    grid = not match.group("number").isdigit()  # 26W123: only houses have such numbers
    return grid or (all(capitals) and end[0].isupper() and end.lower() not in _VAGUE.split("|")) or (
        end.lower() in _SURE.split("|") and (all(capitals) or not any(capitals))
    )  # fmt: skip


def _is_of_a_thing(match: Match, text: str, *, at_home: bool) -> bool:
    """`12 Elm Street movies` counts movies; `in 1995 Court Street flooded` tells a year; St. Patrick is no street."""
    after = text[match.end : match.end + 20]
    saint = match.group("end").lower() in ("st", "dr") and _SAINTS.compiled.search(after)
    first, _, last = match.group("number").partition("-")
    if saint or _THINGS_AFTER.compiled.search(after) or (_is_year(first) and _is_year(last)):
        return True
    plural = _PLURAL_AFTER.compiled.search(after) and not _VERBS_AFTER.compiled.search(after)
    return not at_home and (bool(plural) or (_is_year(first) and said_before(_YEAR_BEFORE, text, match.start, 12)))


def _is_year(number: str) -> bool:
    return len(number) == 4 and number.isdigit() and 1850 <= int(number) <= 2050


def _is_address(quote: str) -> bool:
    labels = [label for _, label in _parser()(quote)]
    return labels[:1] == ["AddressNumber"] and "StreetName" in labels and "StreetNamePostType" in labels


@cache
def _parser():  # type: ignore[no-untyped-def]  # usaddress has no types
    """The parser, loaded when it is first needed; what it logs could quote a record."""
    logging.getLogger("probableparsing").disabled = True
    import usaddress

    return usaddress.parse


def _even(address: str) -> str:
    return "".join(char for char in address.lower() if char.isalnum())
