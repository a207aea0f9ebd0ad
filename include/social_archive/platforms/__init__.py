"""The registry of platforms: every module beside this one that defines a `Platform` is found by import."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from social_archive.errors import ConfigError
from social_archive.platforms.base import Field, Page, Platform, Problem, Sighting, Target

__all__ = ["Field", "Page", "Platform", "Problem", "Sighting", "Target", "platform", "registry"]

_NOT_ADAPTERS = frozenset({"addresses", "base", "http", "media", "oauth", "pacing", "reading", "strict_json", "text"})


@cache
def registry() -> dict[str, type[Platform]]:
    """All platforms by name, in alphabetical order. Two platforms with one name are an error."""
    found: dict[str, type[Platform]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name in _NOT_ADAPTERS:
            continue
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Platform) and not inspect.isabstract(cls) and cls.__module__ == module.__name__:
                if cls.name in found:
                    raise ConfigError(f"Two adapters claim the platform {cls.name!r}: {found[cls.name]} and {cls}.")
                found[cls.name] = cls
    return dict(sorted(found.items()))


def platform(name: str) -> type[Platform]:
    """The adapter of one platform by its name."""
    try:
        return registry()[name]
    except KeyError:
        known = ", ".join(registry())
        raise ConfigError(f"There is no platform {name!r}; the archive knows: {known}.") from None
