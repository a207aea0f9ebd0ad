"""A group of commands one of which is meant when none is named: `archive coverage larkspur`."""

from __future__ import annotations

from typing import Any, Final

import typer

_HELP: Final = ("-h", "--help")


class WithDefault(typer.core.TyperGroup):
    """What is neither one of the group's commands nor a call for help goes to its first command."""

    @property
    def default(self) -> str:
        return next(iter(self.commands))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in _HELP):
            args = [self.default, *args]
        return super().parse_args(ctx, args)
