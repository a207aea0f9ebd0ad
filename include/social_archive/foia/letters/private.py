"""What a letter must not say: the words that the review removes; and, in the public copy, who asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from social_archive.foia.dispositions import Reviewed

if TYPE_CHECKING:
    from social_archive.foia.requests import Requester

LEFT_OUT: Final = "[left out]"
"""What stands in the public copy of a denial in place of the requester's private information."""


def leaks(text: str, data: Mapping[str, Any], reviewed: Reviewed) -> int:
    """How many of the words that the review removes stand in a letter, but for the request's own words."""
    bare = _flat(text).replace(_flat(str(data["request"])), " ")
    return sum(re.search(rf"(?<!\w){re.escape(_flat(term.text))}(?!\w)", bare) is not None
               for term in reviewed.terms if len(term.text.strip()) >= 4)  # fmt: skip


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def without_requester(data: Mapping[str, Any], requester: Requester) -> dict[str, Any]:
    """The data of the same letter for the public file: not to whom, not in the requester's words, nor in those of
    the search that was made of them. What the body and the law say of themselves stays as it is."""
    pattern = _private(requester)

    def cut(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(LEFT_OUT, value) if pattern else value
        if isinstance(value, dict):
            return {name: cut(inner) for name, inner in value.items()}
        return [cut(inner) for inner in value] if isinstance(value, list) else value

    ours = {name: data[name] for name in _OURS if name in data}
    shown: dict[str, Any] = cut(dict(data)) | ours
    words = "[The requester's words are left out of this copy.]"
    return shown | {"to": ["The requester", LEFT_OUT], "greeting": "Dear requester:", "request": words, "search": ""}


_OURS: Final = ("title", "body", "signer", "law", "number", "responsible", "review", "court", "citation")
_NAME: Final = re.compile(r"[^\W\d_]{3,}")


def _private(requester: Requester) -> re.Pattern[str] | None:
    """What leads to the requester: each value and each of its lines however they are written; each part of the name
    where it stands as a word with its capital letter."""
    values = [str(value) for value in vars(requester).values() if value]
    parts = {part.strip() for value in values for part in [value, *value.splitlines()]}
    whole = [f"(?i:{re.escape(part)})" for part in sorted(parts, key=lambda one: (-len(one), one)) if len(part) > 2]
    names = [rf"\b{re.escape(name)}\b" for name in sorted(set(_NAME.findall(requester.name))) if name[0].isupper()]
    return re.compile("|".join([*whole, *names])) if whole or names else None
