"""Plots of the policy report: matplotlib to SVG, the same bytes for the same figures, no text that needs a font.

One palette, labels at the bars instead of legends where there is room, and every plot told in words (`alt`). The same
SVG stands in the page and in the PDF.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#1d2733"
QUIET: Final = "#5a6673"
LINE: Final = "#c9d1d9"
GREEN: Final = "#2c7a5b"
MIDDLE: Final = "#7fb8a0"
LIGHT: Final = "#cfe5db"
BLUE: Final = "#2f5d8a"
AMBER: Final = "#d98c00"
GREY: Final = "#dfe4e9"

_WIDE: Final = 7.05  # inches: the width of a letter page between its margins
_LONGEST: Final = 34  # characters of a label
_RC: Final[dict[str, Any]] = {
    "svg.hashsalt": "social-records-archive", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 7.5,
    "text.color": INK, "axes.labelcolor": QUIET, "axes.edgecolor": LINE, "xtick.color": QUIET, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6, "xtick.major.size": 0,
    "ytick.major.size": 0, "xtick.major.pad": 3, "ytick.major.pad": 4, "axes.titlesize": 8, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.titlepad": 14, "legend.frameon": False, "legend.fontsize": 7.5,
    "legend.handlelength": 0.9, "legend.handleheight": 0.9, "legend.columnspacing": 1.4,
}  # fmt: skip
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Plot:
    """An SVG document and what it shows, in words."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Part:
    """One colour of stacked bars: its name, its colour, a value for each bar."""

    name: str
    colour: str
    values: Sequence[int]


def stacked(labels: Sequence[str], parts: Sequence[Part], *, what: str) -> Plot:
    """Horizontal bars, one a label, each of several parts; the whole stands at its end."""
    totals = [sum(values) for values in zip(*(part.values for part in parts), strict=True)]
    with _drawn(_WIDE, 0.42 + 0.2 * len(labels)) as (figure, made):
        axes = figure.subplots()
        _bars(axes, labels, parts, totals)
        _legend(axes, parts)
        return Plot(made(), _in_words(what, labels, parts))


def volumes(weeks: Sequence[str], by_week: Sequence[Part], platforms: Sequence[str], of: Sequence[Part]) -> Plot:
    """Left: columns by week; right: bars by platform. Both of the same parts."""
    sums = [sum(values) for values in zip(*(part.values for part in of), strict=True)]
    with _drawn(_WIDE, max(1.65, 0.5 + 0.2 * len(platforms))) as (figure, made):
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        _columns(left, weeks, by_week)
        _bars(right, platforms, of, sums, room_for=5)
        left.set_title("by week", color=QUIET)
        right.set_title("by platform", color=QUIET)
        _legend(left, by_week, below=True)
        told = _in_words("Posted, by week", weeks, by_week)
        return Plot(made(), f"{told} {_in_words('By platform', platforms, of)}")


def ages(names: Sequence[str], decided: Sequence[int], waiting: Sequence[int]) -> Plot:
    """How long decisions took, beside how long what is undecided has waited."""
    with _drawn(_WIDE, 1.2) as (figure, made):
        left, right = figure.subplots(1, 2)
        for axes, title, values, colour in ((left, "decided, by the time it took", decided, GREEN),
                                            (right, "waiting, by its age", waiting, AMBER)):  # fmt: skip
            _bars(axes, names, [Part("", colour, values)], values)
            axes.set_title(title, color=QUIET, pad=4)
        parts = [Part("decided", GREEN, decided), Part("waiting", AMBER, waiting)]
        return Plot(made(), _in_words("Time from finding to decision", names, parts))


# --------------------------------------------------------------------------- drawing


def _bars(
    axes: Axes, labels: Sequence[str], parts: Sequence[Part], totals: Sequence[int], *, room_for: int = 0
) -> None:
    rows = range(len(labels))
    before = [0] * len(labels)
    for part in parts:
        axes.barh(rows, part.values, left=before, color=part.colour, height=0.62)
        before = [a + b for a, b in zip(before, part.values, strict=True)]
    most = max(totals, default=0) or 1
    for row, total in zip(rows, totals, strict=True):
        axes.text(total + most * 0.012, row, f"{total:,}", va="center_baseline", color=INK if total else QUIET)
    axes.set_yticks(list(rows), [_short(label) for label in labels])
    axes.set_ylim(max(len(labels), room_for) - 0.4, -0.6)
    axes.set_xlim(0, most * 1.1)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _columns(axes: Axes, labels: Sequence[str], parts: Sequence[Part]) -> None:
    columns = range(len(labels))
    before = [0] * len(labels)
    for part in parts:
        axes.bar(columns, part.values, bottom=before, color=part.colour, width=0.66)
        before = [a + b for a, b in zip(before, part.values, strict=True)]
    most = max(before, default=0) or 1
    for column, total in zip(columns, before, strict=True):
        axes.text(column, total + most * 0.02, f"{total:,}", ha="center", color=INK if total else QUIET)
    step = max(1, -(-len(labels) // 8))  # a year has more weeks than fit
    axes.set_xticks(list(columns)[::step], list(labels)[::step])
    axes.set_ylim(0, most * 1.12)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _legend(axes: Axes, parts: Sequence[Part], *, below: bool = False) -> None:
    from matplotlib.patches import Patch

    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.0)}
    if below:
        place = {"loc": "upper left", "bbox_to_anchor": (0, -0.1)}
    handles = [Patch(facecolor=part.colour, label=part.name) for part in parts]
    axes.legend(handles=handles, ncols=len(parts), borderaxespad=0.2, **place)


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1].rstrip() + "…"


@contextmanager
def _drawn(width: float, height: float) -> Iterator[tuple[Figure, Callable[[], str]]]:
    """A figure in inches, and what it is as SVG once it is drawn."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(_RC):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)

        def made() -> str:
            out = io.StringIO()
            figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
            text = out.getvalue()
            return _COMMENT.sub("", text[text.index("<svg") :])

        yield figure, made


def _in_words(what: str, labels: Sequence[str], parts: Sequence[Part]) -> str:
    said = []
    for row, label in enumerate(labels):
        values: Mapping[str, int] = {part.name: part.values[row] for part in parts if part.values[row]}
        said.append(f"{label}: " + (", ".join(f"{n:,} {name}".strip() for name, n in values.items()) or "none"))
    return f"{what}. {'; '.join(said)}."
