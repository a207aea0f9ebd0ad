"""HTML of a post as the plain text that a person would read, for search and print. The HTML is kept beside it."""

from __future__ import annotations

import html
import re
from typing import Final

# A "<" before anything but a name is text. A quoted attribute value may hold a ">". Possessive throughout, so that
# hostile input costs linear time.
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])[^<>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+')[^<>\"']*+)*+>")
_BREAKS: Final = re.compile(r"<(?:br|hr)\b[^<>]*+>|</(?:p|div|li|h[1-6]|blockquote|pre|ul|ol)>\s*+", re.IGNORECASE)
_ANCHOR: Final = re.compile(r"<a\s[^<>]*+>", re.IGNORECASE)
_HREF: Final = re.compile(r"\bhref=\"([^\"]*+)\"|\bhref='([^']*+)'", re.IGNORECASE)
_MENTION_OR_TAG: Final = re.compile(r"\bclass=[\"'][^\"']*\b(?:mention|hashtag)\b", re.IGNORECASE)


def plain(markup: str) -> str:
    """The text of an HTML fragment: `<br>` and `</p>` break lines, other tags go, entities are decoded."""
    if "<" in markup:
        if markup.startswith("<p>") and markup.endswith("</p>"):  # the usual case, without a regular expression
            markup = markup[3:-4].replace("</p><p>", "\n\n").replace("<br />", "\n").replace("<br>", "\n")
        if "<" in markup:
            markup = _TAG.sub("", _BREAKS.sub(_line_break, markup)).strip("\n")
    return html.unescape(markup) if "&" in markup else markup


def links(markup: str) -> tuple[str, ...]:
    """Addresses that an HTML fragment links to, in order, once each; mentions and hashtags are left out."""
    if "<a" not in markup and "<A" not in markup:
        return ()
    found: dict[str, None] = {}
    for anchor in _ANCHOR.findall(markup):
        if ("mention" in anchor or "hashtag" in anchor) and _MENTION_OR_TAG.search(anchor):
            continue
        href = _HREF.search(anchor)
        if href:
            found[html.unescape(href.group(1) or href.group(2) or "")] = None
    return tuple(address for address in found if address)


_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'\u200b]+")


def addresses(plain_text: str) -> tuple[str, ...]:
    """Addresses that stand in plain text, in order, once each, without the punctuation of the sentence around them."""
    if "://" not in plain_text:
        return ()
    return tuple(dict.fromkeys(found.rstrip(".,;:!?)]}»”’") for found in _ADDRESS.findall(plain_text)))


def _line_break(tag: re.Match[str]) -> str:
    return "\n\n" if tag.group().lower().startswith("</p") else "\n"
