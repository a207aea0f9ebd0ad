"""Might this comment hold somebody's copyrighted or trademarked work?

What shows is the wording that rights are claimed with, long quotation, and links to whole works. Who owns a work, and
whether a use of it is fair (17 U.S.C. 107), no text shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from social_archive.config_schedule import Model
from social_archive.policy.batch import Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule
from social_archive.policy.trade import links
from social_archive.policy.trade.asking import first_of_each, is_asked, whole

NOTICE: Final = Rule(
    "copyright.notice", 1, "moderate",
    "Carries a copyright notice, so a part of it may be somebody's work.",
)  # fmt: skip
RESERVED: Final = Rule(
    "copyright.reserved", 1, "moderate",
    "Uses words with which rights are reserved or disclaimed.",
)  # fmt: skip
QUOTED: Final = Rule(
    "copyright.long-quotation", 2, "weak",
    "Quotes {count} words in one piece; whether that is fair use, a person has to say.",
)  # fmt: skip
SUNG: Final = Rule(
    "copyright.lyrics", 1, "weak",
    "Sets {count} words between signs of music, which may be the words of a song.",
)  # fmt: skip
WHOLE: Final = Rule(
    "copyright.whole-work", 1, "moderate",
    "Offers or links a whole work for download.",
)  # fmt: skip
SHARED: Final = Rule(
    "copyright.file-sharing", 1, "moderate",
    "Links to {site}, where whole files are shared, among them works that their owners did not release.",
)  # fmt: skip
MARK: Final = Rule(
    "copyright.mark", 1, "weak",
    "Uses the sign {sign}, which stands beside trademarks; to name a brand is no infringement.",
)  # fmt: skip

_NOTICE = Pattern(
    r"(?:[©℗]\s*(?:(?:19|20)\d\d\b)?[^.!?\n]{0,40}|\(c\)\s*(?:19|20)\d\d\b[^.!?\n]{0,40}|"
    r"\bcopyright(?:ed)?\s+(?:by\s+\w+|\(c\)|(?:19|20)\d\d\s+(?:by|\w+ (?:inc|llc|ltd|press|publishing|media|"
    r"studios?)\b)))"
)
_RESERVED = Pattern(
    r"\b(?:all rights reserved|no part of this \w+ may be|may not be (?:reproduced|copied|distributed|reprinted)|"
    r"(?:do not|don't|please don't) (?:re-?post|reproduce|copy|distribute|share|use)\b[^.!?\n]{0,40}?\bwithout "
    r"(?:my |our |written |prior |express )*(?:permission|consent|credit)|"
    r"(?:do not|don't) (?:re-?post|reproduce|redistribute)|"
    r"(?:re-?printed|reproduced|re-?posted|used) with(?:out)? (?:the )?permission|"
    r"i (?:do not|don't) own (?:the rights|this (?:song|music|video|image|picture))|"
    r"no copyright infringement(?: is)? intended|(?:all )?credits? (?:goes |go )?to the (?:rightful |original "
    r")?(?:owners?|artists?|creators?)|"
    r"(?:remove|cropped?|crop out|without|blur(?:red)?)(?: out)? the water-?marks?|water-?marked (?:image|photo|"
    r"picture|copy|preview))\b"
)
_QUOTE = Pattern(r"\"[^\"]{100,}\"")
_SONG = Pattern(r"[♪♫♬🎵🎶][^♪♫♬🎵🎶]{40,}[♪♫♬🎵🎶]")
_WHOLE = Pattern(
    r"\b(?:(?:full|complete|entire|whole|free)\s+(?:\w+\s+)?(?:pdf|epub|mobi|e-?book|audio-?book|movie|film|album|"
    r"episode|season|"
    r"textbook|game)s?\b[^.!?\n]{0,40}?\b(?:free|download|link|torrent|watch (?:here|online)|stream|leaked?)\b|"
    r"(?:free|direct|instant)\s+(?:pdf|epub|e-?book|mp3|movie|torrent)\s+(?:download|link)|"
    r"(?:watch|stream|download)\s+(?:the\s+)?(?:full|whole|entire|complete)\s+(?:movie|film|album|book|episode|"
    r"season)s?)\b"
)
_LENDING = Pattern(
    r"\b(?:libby|hoopla|overdrive|kanopy|cloudlibrary|boundless|freegal|your card|library card|my card|"
    r"catalog(?:ue)?|borrow(?:ed)?|"
    r"check(?:ed)? out|agenda|minutes|packet|budget|annual report|newsletter|calendar|flyer|forms?|public domain|"
    r"gutenberg|"
    r"audit|policy)\b"
)
_SHARING = links.to((
    "mega.nz", "mediafire.com", "4shared.com", "rapidgator.net", "1337x.to", "thepiratebay.org", "libgen.is",
    "libgen.rs", "z-lib.org", "z-library.sk", "annas-archive.org", "zippyshare.com", "uploaded.net", "nitroflare.com",
    "1fichier.com", "fmovies.to", "123movies.to", "vdoc.pub", "dokumen.pub", "rutracker.org", "yts.mx", "sci-hub.se",
))  # fmt: skip
_SIGNS: Final = "[™®℠]"


class Copyright(Criterion):
    """Signs that a comment holds, or points to, works that belong to somebody."""

    name = "copyright"
    title = "Copyrighted or trademarked material"
    clause = "copyright-trademark"
    note = (
        "Nothing here shows who owns a work or whether its use is fair (17 U.S.C. 107): people may post their "
        "own work, "
        "quote, review and name brands. Whoever owns a work can send a notice (17 U.S.C. 512(c)(3)); ask counsel."
    )
    rules = (NOTICE, RESERVED, QUOTED, SUNG, WHOLE, SHARED, MARK)

    class Settings(Model):
        """`quoted_words`: in one pair of quotation marks. `sung_words`: between two signs of music."""

        quoted_words: int = Field(60, ge=20)
        sung_words: int = Field(15, ge=8)

    def find(self, batch: Batch) -> Iterator[Hit]:
        for rule, pattern in ((NOTICE, _NOTICE), (RESERVED, _RESERVED)):
            for match in first_of_each(batch.find(pattern)):
                asked = is_asked(batch.folded[match.row].text, match.end)
                yield Hit(match.row, rule, match.start, match.end, {"asked": asked}, "weak" if asked else None)
        yield from _long(batch, QUOTED, _QUOTE, self.settings.quoted_words)
        yield from _long(batch, SUNG, _SONG, self.settings.sung_words)
        for match in first_of_each(match for match in batch.find(_WHOLE) if _is_offered(batch, match)):
            yield Hit(match.row, WHOLE, match.start, match.end)
        for link in links.linked(batch, _SHARING):
            yield Hit(link.row, SHARED, link.start, link.end, {"site": link.what, "link": link.url})
        yield from _marks(batch)


def _long(batch: Batch, rule: Rule, pattern: Pattern, least: int) -> Iterator[Hit]:
    for match in batch.find(pattern):
        count = len(match.text.split())
        opening = batch.texts[match.row][batch.folded[match.row].span(match.start, match.start + 1)[0]]
        if count >= least and opening != "”":  # from the end of one quotation to the beginning of the next
            yield Hit(match.row, rule, match.start, match.end, {"count": count})


def _is_offered(batch: Batch, match: Match) -> bool:
    """What a library lends or publishes may be downloaded, and a question offers nothing."""
    text = batch.folded[match.row].text
    return not is_asked(text, match.end) and not _LENDING.compiled.search(whole(text, match.start, match.end))


def _marks(batch: Batch) -> Iterator[Hit]:
    """The signs as they were posted: folding turns them into letters."""
    posted = pa.array(batch.texts, type=pa.large_string())
    found = pc.match_substring_regex(posted, _SIGNS).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(found).tolist():
        text, folded = batch.texts[row], batch.folded[row]
        place = min(place for place in (text.find(sign) for sign in _SIGNS[1:-1]) if place >= 0)
        start, end = (
            (place, place + 1) if folded.offsets is None else np.searchsorted(folded.offsets, [place, place + 1])
        )
        yield Hit(row, MARK, int(start), int(end), {"sign": text[place]})
