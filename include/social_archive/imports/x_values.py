"""What single values in an X archive mean: ids, times, texts, links, edit chains. Pure; any may be missing or odd."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from social_archive.joining import unknown_to_api
from social_archive.record import micros, parse_time

_TIME: Final = re.compile(r"\w{3} (\w{3}) (\d\d) (\d\d):(\d\d):(\d\d) \+0000 (\d{4})")
_ID: Final = re.compile(r"[1-9]\d{0,19}")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH: Final = 1_288_834_974_657  # milliseconds: ids count from here
_FIRST_DATED_ID: Final = 1 << 35  # older ids are plain numbers and tell no time
_REMNANT: Final = re.compile(r"(?:…|\.\.\.)?\s*https://t\.co/\w+$")


def first_of_chain(value: dict[str, Any]) -> str | None:
    """The first tweet of an edited post, from either form: of the first tweet itself, and of its edits."""
    info = value.get("edit_info")
    info = info if isinstance(info, dict) else {}
    edit, initial = info.get("edit"), info.get("initial")
    if isinstance(edit, dict):
        control = edit.get("editControlInitial")
        chain = control.get("editTweetIds") if isinstance(control, dict) else None
        return id_of(edit.get("initialTweetId")) or (id_of(chain[0]) if isinstance(chain, list) and chain else None)
    chain = initial.get("editTweetIds") if isinstance(initial, dict) else None
    return id_of(chain[0]) if isinstance(chain, list) and chain else None


def media_key(medium: dict[str, Any]) -> str | None:
    """`3_…` a picture, `16_…` a moving one, `7_…` a film, `13_…` a film of the studio."""
    number = id_of(medium.get("id_str")) or id_of(medium.get("id"))
    if number is None:
        return None
    kind = medium.get("type")
    if kind == "video":
        studio = "amplify_video" in (text_of(medium.get("media_url_https")) or "")
        return f"13_{number}" if studio else f"7_{number}"
    return f"16_{number}" if kind == "animated_gif" else f"3_{number}"


def variants_of(medium: dict[str, Any]) -> list[str]:
    """A film's addresses, the best first."""
    info = medium.get("video_info")
    variants = objects_in(info.get("variants") if isinstance(info, dict) else None)
    ranked = sorted(variants, key=lambda variant: count_of(variant.get("bitrate")) or 0, reverse=True)
    return [url for variant in ranked if (url := text_of(variant.get("url")))]


def said_in(value: dict[str, Any]) -> str:
    return text_of(value.get("full_text")) or text_of(value.get("text")) or ""


def is_repost(value: dict[str, Any]) -> bool:
    return said_in(value).startswith("RT @")


def thing_of(first: str, value: dict[str, Any]) -> str:
    """A repost is never asked for: the adapter leaves them out, and would miss it."""
    return unknown_to_api("repost", first) if is_repost(value) else first


def urls_in(value: dict[str, Any]) -> list[tuple[str, str | None]]:
    """(t.co link, what it leads to); None for the link by which a post shows its own media."""
    entities = value.get("entities")
    holder = entities if isinstance(entities, dict) else {}
    found: list[tuple[str, str | None]] = []
    for each in objects_in(holder.get("urls")):
        short, full = text_of(each.get("url")), text_of(each.get("expanded_url"))
        if short and full:
            found.append((short, full))
    shown = (short for each in objects_in(holder.get("media")) if (short := text_of(each.get("url"))))
    return [*found, *((short, None) for short in dict.fromkeys(shown))]


def spelled_out(text: str, urls: Sequence[tuple[str, str | None]]) -> str:
    """As the adapter writes it: t.co links as what they lead to, the links to its own media gone, entities decoded."""
    for short, full in urls:
        if full is None:
            text = text.removesuffix(short).rstrip() if text.endswith(short) else text.replace(short, "")
        else:
            text = text.replace(short, full)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def flags_of(value: dict[str, Any]) -> Iterator[str]:
    if is_repost(value):
        yield "repost"
    if value.get("possibly_sensitive") is True:
        yield "sensitive"


def begins(long: str, short: str) -> bool:
    """Is the short text the beginning of the long one? It ends in an address of the whole."""
    stub = " ".join(_REMNANT.sub("", short).split())
    return bool(stub) and " ".join(long.split()).startswith(stub)


def time_of(text: str | None) -> int | None:
    """`Wed Oct 10 20:19:24 +0000 2018`; ISO in the first archives."""
    match = _TIME.fullmatch(text) if text else None
    if match is None:
        return parse_time(text.replace(" +0000", "+00:00")) if text else None
    day, hour, minute, second, year = map(int, match.group(2, 3, 4, 5, 6))
    try:
        moment = datetime(year, _MONTHS.index(match[1]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return micros(moment)


def milliseconds(tweet_id: str) -> int | None:
    """When an id was given out (milliseconds since 1970); None for the plain numbers of the first years."""
    number = int(tweet_id)
    return (number >> 22) + _EPOCH if number > _FIRST_DATED_ID else None


def moment_of(tweet_id: str) -> int | None:
    moment = milliseconds(tweet_id)
    return None if moment is None else moment // 1_000 * 1_000_000


def id_of(value: Any) -> str | None:
    """An id digit for digit; a float has lost some."""
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and _ID.fullmatch(text) else None


def text_of(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def count_of(value: Any) -> int | None:
    """Counts are texts."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if type(value) is int and 0 <= value < 1 << 62 else None


def objects_in(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
