"""Printing. What people wrote is shown as text, never as markup or as commands to the terminal.

Control and bidi characters are shown by name, so that a comment can neither recolour the screen nor make
`exe.gpj` read as `jpg.exe`. Answers go to stdout, progress to stderr.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from social_archive.cli.settings import settings

SNIPPET: Final = 280
"""Characters of a body in a list."""

_STATE_STYLES: Final = {
    "present": "green", "hidden": "yellow", "held_for_review": "yellow", "missing_unconfirmed": "yellow",
    "deleted": "red", "account_gone": "red", "inaccessible": "magenta",
}  # fmt: skip

# Everything that could steer a terminal or mislead an eye: C0 and C1 controls except line feed and tab, bidi
# controls, zero-width characters (but for the joiners that emoji and Indic scripts need), line separators, tags.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def console() -> Console:
    """Where answers go. Wide when it is not a screen, so that a pipe gets whole lines."""
    out = Console(highlight=False, emoji=False, markup=False, soft_wrap=False)
    if not out.is_terminal:
        out = Console(highlight=False, emoji=False, markup=False, width=int(os.environ.get("COLUMNS") or 120))
    return out


def errors() -> Console:
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on stderr while something takes its time; silent where nobody watches."""
    err = errors()
    if settings.as_json or not err.is_terminal:
        yield
        return
    with err.status(Text(f"{what} …", style="dim")):
        yield


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that is told (done, of how many); silent where nobody watches."""
    err = errors()
    if settings.as_json or not err.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn(what, markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


# --------------------------------------------------------------------------- other people's text


_NAMES: Final = {
    "\x00": "NUL", "\x07": "BEL", "\x08": "BS", "\x0d": "CR", "\x1b": "ESC", "\x7f": "DEL", "\x9b": "CSI",
    "\u061c": "ALM", "\u200b": "ZWSP", "\u200e": "LRM", "\u200f": "RLM", "\u202a": "LRE", "\u202b": "RLE",
    "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI",
    "\u2069": "PDI", "\ufeff": "BOM",
}  # fmt: skip


def named(char: str) -> str:
    """An unsafe character by its usual abbreviation or its code: ‹RLO›, ‹U+E0041›."""
    return f"‹{_NAMES.get(char) or f'U+{ord(char):04X}'}›"


_ROOM: Final = 20


def safe(text: str | None, *, limit: int | None = None, one_line: bool = False, style: str = "") -> Text:
    """Somebody's words, safe to print. `limit` counts characters; what is cut is said."""
    plain = text or ""
    if one_line:
        plain = " ".join(plain.split())
    cut = limit is not None and len(plain) > limit + _ROOM  # to say what is cut takes room, too
    shown = plain[:limit] if cut else plain
    out = Text(style=style)
    at = 0
    for found in _UNSAFE.finditer(shown):
        out.append(shown[at : found.start()])
        out.append(named(found.group()), style="reverse dim")
        at = found.end()
    out.append(shown[at:])
    if cut:
        out.append(f" … ({len(plain) - len(shown):,} more characters)", style="dim")
    return out


def safe_str(text: str | None) -> str:
    return safe(text).plain


def state_text(state: str) -> Text:
    return Text(state.replace("_", " "), style=_STATE_STYLES.get(state, ""))


# --------------------------------------------------------------------------- times


def iso(moment: int | None) -> str | None:
    """Microseconds UTC as ISO 8601, for JSON."""
    if moment is None:
        return None
    text = datetime.fromtimestamp(moment // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    rest = moment % 1_000_000
    return f"{text}.{rest:06d}Z" if rest else f"{text}Z"


def local(moment: int | None, zone: str, *, seconds: bool = False) -> str:
    """Microseconds UTC on the agency's clock, the zone named."""
    if moment is None:
        return "no date"
    at = datetime.fromtimestamp(moment // 1_000_000, UTC).astimezone(ZoneInfo(zone))
    return at.strftime("%Y-%m-%d %H:%M:%S %Z" if seconds else "%Y-%m-%d %H:%M %Z")


def day(moment: int | None, zone: str) -> str:
    return "…" if moment is None else local(moment, zone)[:10]


# --------------------------------------------------------------------------- shapes

_TIME_COLUMNS: Final = ("created_at", "edited_at", "observed_at", "gap_from", "gap_to", "retain_until")


def row_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for `--json`: times in ISO 8601 UTC, bytes as text or base64, everything else as it is."""
    import base64

    plain = {name: iso(value) if name in _TIME_COLUMNS else value for name, value in row.items()}
    native = plain.get("native")
    if isinstance(native, bytes):
        plain["native"] = base64.b64encode(native).decode()
    return plain


def print_json(value: Any) -> None:
    """One JSON document on stdout. ASCII only: a terminal can be steered by what JSON leaves as it is."""
    print(json.dumps(value, indent=2, ensure_ascii=True, default=str))


def table(*columns: str, right: Sequence[str] = (), title: str | None = None) -> Table:
    """A quiet table: a line under the headings, nothing else."""
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", header_style="dim",
                 pad_edge=False, show_edge=False)  # fmt: skip
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def facts(rows: Sequence[tuple[str, Text | str | None]]) -> Table:
    """Name and value, one a line; what has no value is left out."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        if value not in (None, ""):
            made.add_row(name, value if isinstance(value, Text) else Text(str(value)))
    return made


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def ok(what: bool) -> Text:
    return Text("ok", style="green") if what else Text("not ok", style="bold red")
