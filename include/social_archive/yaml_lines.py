"""YAML that remembers where everything stood, so that a wrong value is refused with its file and line.

A strict subset: one document, no aliases (a file of nine lines can otherwise unfold into gigabytes), no tags that
build objects, no key twice, text that is text. Nothing here knows what the files mean; `config.py` does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from social_archive.errors import ConfigError

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_DEPTH: Final = 40

Location = tuple[Any, ...]

# Shapes by which vendors' own scanners know their tokens. A match anywhere in a file, comments too, refuses it.
_TOKEN_SHAPES: Final = re.compile(
    r"""
      \bAKIA[0-9A-Z]{16}\b                                   # AWS access key id
    | \bgh[pousr]_[A-Za-z0-9]{30,}                           # GitHub
    | \bxox[abprs]-[A-Za-z0-9-]{10,}                         # Slack
    | \bEAA[A-Za-z0-9]{30,}                                  # Meta (Facebook, Instagram)
    | \bIG[A-Za-z0-9]{2}[A-Za-z0-9_-]{60,}                   # Instagram login
    | \bTH[A-Z]{2}[A-Za-z0-9_-]{60,}                         # Threads
    | \bya29\.[A-Za-z0-9_-]{20,}                             # Google OAuth
    | \bAIza[A-Za-z0-9_-]{30,}                               # Google API key
    | \bGOCSPX-[A-Za-z0-9_-]{20,}                            # Google client secret
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.            # JSON Web Token
    | \bsk-[A-Za-z0-9_-]{20,}                                # several vendors
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----
    | \bAAAAAAAAAAAAAAAAAAAAA[A-Za-z0-9%]{20,}               # X app-only bearer
    | [?&](?:access_token|api_key|client_secret|token)=[^&\s"']{8,}
    | \bhttps?://[^/\s:@"']+:[^/\s@"']+@                     # user and password in a URL
    """,
    re.VERBOSE,
)
_TEXT: Final = "tag:yaml.org,2002:str"
_OPAQUE: Final = re.compile(r"[A-Za-z0-9+/_=.%-]{24,}")


@dataclass
class Document:
    """A parsed file: plain values plus the line of every key and item (1-based)."""

    path: Path
    value: Any
    lines: dict[Location, int] = field(default_factory=dict)

    def line(self, where: Sequence[Any]) -> int:
        """The line of a location, or of the nearest thing around it that has one."""
        location = tuple(where)
        while location:
            if location in self.lines:
                return self.lines[location]
            location = location[:-1]
        return self.lines.get((), 1)

    def place(self, where: Sequence[Any] = ()) -> str:
        return f"{shown(self.path)}:{self.line(where)}"


def shown(path: Path) -> str:
    """A path as a person would type it: relative when it lies under the working directory."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def suggestion(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'handle'?)`, or the empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


def echo(value: object) -> str:
    """A wrong value for an error message: short, and never anything that could be a token."""
    text = value if isinstance(value, str) else repr(value)
    if _TOKEN_SHAPES.search(text) or (isinstance(value, str) and _OPAQUE.search(text)):
        return "(value not shown)"
    text = text if len(text) <= 40 else text[:39] + "…"
    return repr(text) if isinstance(value, str) else text


def looks_like_token(text: str) -> bool:
    return _TOKEN_SHAPES.search(text) is not None


def read(path: Path) -> Document:
    """Parse one file. Raises ConfigError with `file:line: reason` for everything that is wrong with it as YAML."""
    text = _text(path)
    for number, line in enumerate(text.splitlines(), start=1):
        if looks_like_token(line):
            raise ConfigError(
                f"{shown(path)}:{number}: this line holds what looks like a password or token.",
                remedy="Take it out of the file, renew it at the platform (it may have been copied or backed up), "
                "and refer to it as `env:NAME` or `connection:ID`.",
            )
    try:
        node = _composed(path, text)
    except yaml.YAMLError as error:
        raise _syntax_error(path, error) from None
    document = Document(path, None)
    document.value = _plain(document, node, ()) if node is not None else {}
    return document


def _composed(path: Path, text: str) -> yaml.Node | None:
    """The document as nodes. libyaml reads ten times as fast as PyYAML's own reader, which words what is wrong."""
    try:
        _require_plain(path, text)
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except _Alias:
        raise
    except yaml.YAMLError:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    return node


class _Alias(yaml.MarkedYAMLError):
    """A `*name`."""


def _require_plain(path: Path, text: str) -> None:
    """No alias, and not so deep that making nodes of it would run out of stack: libyaml does not look."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _Alias(problem="aliases (*name) are not allowed here; write the value out",
                         problem_mark=event.start_mark)  # fmt: skip
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH + 1:
            line = event.start_mark.line + 1
            raise ConfigError(f"{shown(path)}:{line}: nested deeper than {MAX_DEPTH} levels.")


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{shown(path)} cannot be read: {error.strerror}.") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{shown(path)}:1: the file has {len(raw)} bytes; at most {MAX_BYTES} are read.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(f"{shown(path)}:{line}: the text is not UTF-8.",
                          remedy="Save the file as UTF-8 and run the command again.") from None  # fmt: skip


def _syntax_error(path: Path, error: yaml.YAMLError) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 1
    problem = getattr(error, "problem", None) or "not valid YAML"
    hint = ""
    if "cannot start any token" in problem:
        problem = problem.replace("found character", "the character")
        hint = "; put the value in quotes"
    elif "mapping values are not allowed" in problem:
        hint = "; a value that holds a colon needs quotes"
    return ConfigError(f"{shown(path)}:{line}: {problem}{hint}.")


def _plain(document: Document, node: yaml.Node, where: Location) -> Any:
    """A node as plain Python values, its lines noted on the way."""
    document.lines.setdefault(where, node.start_mark.line + 1)
    if len(where) > MAX_DEPTH:
        raise ConfigError(f"{document.place(where)}: nested deeper than {MAX_DEPTH} levels.")
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, node, where)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(document, item, (*where, index)) for index, item in enumerate(node.value)]
    return _scalar(document, node, where)


def _mapping(document: Document, node: yaml.MappingNode, where: Location) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(document, key_node, where) if isinstance(key_node, yaml.ScalarNode) else None
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise ConfigError(f"{shown(document.path)}:{line}: a key must be a word; put it in quotes.")
        if key in values:
            first = document.lines[(*where, key)]
            raise ConfigError(f"{shown(document.path)}:{line}: {key!r} is written twice; the first is in line {first}.")
        document.lines[(*where, key)] = line
        values[key] = _plain(document, value_node, (*where, key))
    return values


def _scalar(document: Document, node: yaml.Node, where: Location) -> Hashable:
    if node.tag == _TEXT:
        return str(node.value)
    try:
        value: Hashable = yaml.SafeLoader("").construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError):
        line = node.start_mark.line + 1
        raise ConfigError(f"{shown(document.path)}:{line}: {echo(node.value)} is not a plain value; "
                          "put it in quotes.") from None  # fmt: skip
    return value
