"""The registry of criteria: every module beside this one that defines a `Criterion` is found by import."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from social_archive.errors import ConfigError
from social_archive.policy.criterion import Criterion


@cache
def registry() -> dict[str, type[Criterion]]:
    """All criteria by name, in alphabetical order. Two with one name, or with one rule id, are an error."""
    found: dict[str, type[Criterion]] = {}
    rules: set[str] = set()
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if not issubclass(cls, Criterion) or inspect.isabstract(cls) or cls.__module__ != module.__name__:
                continue
            ids = {rule.id for rule in cls.rules}
            if cls.name in found or ids & rules:
                raise ConfigError(f"Two criteria claim the name {cls.name!r} or one of its rules.")
            found[cls.name] = cls
            rules |= ids
    return dict(sorted(found.items()))
