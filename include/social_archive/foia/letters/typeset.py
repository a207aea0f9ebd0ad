"""From a letter's data to its pages and its plain text: one template says both.

The templates are `documents/letters/*.typ`. A file of the same name in the agency's own folder `letters/` is taken
instead, so that a body can say things in its own words; pictures there (a logo) can be used in them. A template sees
the data, these files, and nothing else of the machine.
"""

from __future__ import annotations

import json
import re
import textwrap
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from social_archive.documents import typesetting
from social_archive.errors import ArchiveError

if TYPE_CHECKING:
    from social_archive.config import Agency

OWN: Final = "letters"
"""The folder of an agency's own templates, in the agency's folder."""

WIDTH: Final = 76
"""Characters of a line of plain text."""

_SHIPPED: Final = Path(typesetting.__file__).parent / "letters"
_LOOK: Final = Path(typesetting.__file__).parent / "sheet.typ"
_PICTURES: Final = (".svg", ".png", ".jpg", ".jpeg")
_LARGEST: Final = 2_000_000
_PACKAGE: Final = re.compile(r"""["']@""")


class TemplateBroken(ArchiveError):
    """A template of the agency's own cannot be used. No letter was written."""

    remedy = "Correct it; `archive foia letter templates --copy DIR` writes the ones that ship, to start again from."


def pdf(agency: Agency, template: str, data: dict[str, Any], *, day: date) -> bytes:
    """A letter's pages, dated `day`. Raises TemplateBroken with the file and what Typst says of it."""
    import typst

    source = _source(agency, template, typesetting._printable(data))
    try:
        made: bytes = typst.compile(
            **source, timestamp=datetime.combine(day, time(12), UTC), pdf_standards=list(typesetting.STANDARDS)
        )
    except typst.TypstError as error:
        raise _broken(agency, template, error) from None
    return made


def text(agency: Agency, template: str, data: dict[str, Any]) -> str:
    """The same letter as plain text, for an e-mail: what its template says, under the label `<text>`."""
    import typst

    try:
        read = typst.query(**_source(agency, template, data), selector="<text>", field="value", one=True)
    except RuntimeError:  # says neither file nor line; setting the pages does
        pdf(agency, template, data, day=date(2000, 1, 1))
        raise _silent(agency, template) from None
    return _wrapped(json.loads(read))


def _source(agency: Agency, template: str, data: dict[str, Any]) -> dict[str, Any]:
    encoded = json.dumps(data, ensure_ascii=True, sort_keys=True)
    return {"input": _files(agency, template), "sys_inputs": {"data": encoded}, "ignore_system_fonts": True,
            "root": str(_SHIPPED)}  # fmt: skip


def templates(agency: Agency) -> dict[str, Path]:
    """Name -> file of every template, the agency's own before those that ship."""
    shipped = {path.stem: path for path in sorted(_SHIPPED.glob("*.typ"))}
    return shipped | {path.stem: path for path in _own(agency) if path.suffix == ".typ"}


def copy(agency: Agency, folder: Path) -> list[Path]:
    """Write the templates that ship into a folder, to be edited. A file that is there already stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path in sorted(_SHIPPED.glob("*.typ")):
        target = folder / path.name
        if not target.exists():
            target.write_bytes(path.read_bytes())
            written.append(target)
    return written


def is_own(agency: Agency, path: Path) -> bool:
    return path.parent == agency.folder / OWN


def _own(agency: Agency) -> list[Path]:
    folder = agency.folder / OWN
    if not folder.is_dir():
        return []
    wanted = (".typ", *_PICTURES)
    return sorted(path for path in folder.iterdir()
                  if path.suffix.lower() in wanted and path.is_file() and not path.is_symlink())  # fmt: skip


def _files(agency: Agency, template: str) -> dict[str, bytes]:
    """Everything that Typst gets to see. `main` only includes the letter, so that Typst names the right file."""
    files = {"sheet.typ": _LOOK.read_bytes()}
    files |= {f"{OWN}/{path.name}": path.read_bytes() for path in _SHIPPED.glob("*.typ")}
    for path in _own(agency):
        body = path.read_bytes()
        if len(body) > _LARGEST:
            raise TemplateBroken(f"{path} is larger than {_LARGEST // 1_000_000} MB.")
        if path.suffix == ".typ" and _PACKAGE.search(body.decode("utf-8", "replace")):
            raise TemplateBroken(f"{path} imports a package, which would be fetched from the network.",
                                 remedy="Import only files that lie beside it.")  # fmt: skip
        files[f"{OWN}/{path.name}"] = body
    return files | {"main.typ": f'#include "{OWN}/{template}.typ"'.encode()}


_SAID_AT: Final = re.compile(r"(?:┌─|-->)\s*([^\s:]+):(\d+):(\d+)")


def _broken(agency: Agency, template: str, error: Any) -> ArchiveError:
    """Typst's message with the file and line that it is about; whose fault it is depends on whose file that is."""
    message = str(error.message).splitlines()[0]
    places = [found.groups() for found in _SAID_AT.finditer(str(error.diagnostic))]
    name, line, _ = places[0] if places else (f"{OWN}/{template}.typ", "", "")
    own = agency.folder / OWN / Path(name).name
    if own.is_file() or any(is_own(agency, path) for path in templates(agency).values()):
        shown = own if own.is_file() else agency.folder / OWN
        return TemplateBroken(f"{shown}{f':{line}' if line and own.is_file() else ''}: Typst says: {message}.")
    return typesetting.NotTypeset(f"The letter could not be typeset: {name}{f':{line}' if line else ''}: {message}.")


def _silent(agency: Agency, template: str) -> ArchiveError:
    path = templates(agency)[template]
    return TemplateBroken(f"{path} says nothing as plain text.",
                          remedy="Begin it as ours do, with `#show: letter.with(d)`.")  # fmt: skip


_BLANKS: Final = re.compile(r"[^\S\n]+")


def _wrapped(raw: str) -> str:
    """Paragraphs of at most `WIDTH` characters a line; lines that the letter breaks itself stay broken."""
    out: list[str] = []
    for line in _BLANKS.sub(" ", raw).split("\n"):
        said = line.strip()
        if not said and (not out or not out[-1]):
            continue
        hanging = "  " if said.startswith("- ") else ""
        out += textwrap.wrap(said, WIDTH, subsequent_indent=hanging, break_long_words=False,
                             break_on_hyphens=False) or [""]  # fmt: skip
    return "\n".join(out).strip() + "\n"
