"""Taking in what an agency already holds: exports of its accounts, made before it kept an archive.

    source.py, containers.py   a zip, a tar, a folder or one file, read without trusting any of it
    base.py                    what an importer owes; one file a format beside it
    csv_rows.py, text.py       tables row by row as bytes; repairing what a platform's exporter broke
    intake.py                  recognise, parse, judge, attach media, keep the file, take in, and note the gap

Every module beside this one that defines an `Importer` is found by import.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from social_archive.errors import ConfigError
from social_archive.imports.base import Importer
from social_archive.imports.source import ImportRefused, Limits, Source

__all__ = ["ImportRefused", "Importer", "Limits", "Source", "importer", "registry"]

_NOT_IMPORTERS = frozenset({"base", "containers", "csv_rows", "intake", "media", "meta", "source", "text"})


@cache
def registry() -> dict[str, type[Importer]]:
    """All formats by name, in alphabetical order. Two formats with one name are an error."""
    found: dict[str, type[Importer]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name in _NOT_IMPORTERS:
            continue
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Importer) and not inspect.isabstract(cls) and cls.__module__ == module.__name__:
                if cls.name in found:
                    raise ConfigError(f"Two importers claim the format {cls.name!r}: {found[cls.name]} and {cls}.")
                found[cls.name] = cls
    return dict(sorted(found.items()))


def importer(name: str) -> type[Importer]:
    """The importer of one format by its name."""
    try:
        return registry()[name]
    except KeyError:
        known = ", ".join(registry())
        raise ConfigError(f"There is no import format {name!r}; the archive knows: {known}.") from None
