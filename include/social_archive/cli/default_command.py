"""A group of commands one of which is meant when none is named: `archive coverage larkspur`."""

from __future__ import annotations

from typing import Any, Final

import typer

_OF_THE_GROUP: Final = ("-h", "--help", "--json")


class WithDefault(typer.core.TyperGroup):
    """What is neither one of the group's commands nor a call for help goes to its first command."""

    @property
    def default(self) -> str:
        return next(iter(self.commands))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = next((n for n, word in enumerate(args) if word not in _OF_THE_GROUP), None)
        if named is None:
            args = args if {"-h", "--help"} & set(args) else [*args, self.default]
        elif args[named] not in self.commands:
            args = [*args[:named], self.default, *args[named:]]
        return super().parse_args(ctx, args)
