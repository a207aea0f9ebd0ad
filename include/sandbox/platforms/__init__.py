"""The registry of stand-ins: every module beside this one that defines a `StandIn` is found by import."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from sandbox.platforms.base import StandIn

__all__ = ["StandIn", "registry"]


@cache
def registry() -> dict[str, type[StandIn]]:
    """All stand-ins by platform name, in the order of their ports."""
    found: list[type[StandIn]] = []
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, StandIn) and not inspect.isabstract(cls) and cls.__module__ == module.__name__:
                found.append(cls)
    return {cls.name: cls for cls in sorted(found, key=lambda cls: cls.port)}
