"""The command line, `archive`: for the person who looks after the archive and the one who must find things in it.

One module a subject; each has `register(app)`. Exit codes: 0 well, 1 an error that says what to do, 2 wrong usage,
3 something did not verify.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
import typer.core
import typer.main

from social_archive import __version__
from social_archive.errors import ArchiveError

VERIFICATION_FAILED = 3

app = typer.Typer(
    name="archive",
    help="The archive of a public body's social media: harvest, find, prove.",
    epilog="Start with `archive up`, or `archive init DIR` for your own agency. Every command has --help and --json.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"archive {__version__}")
        raise typer.Exit


@app.callback()
def _globals(
    agency: Annotated[Path | None, typer.Option(help="The agency's folder. Default: ARCHIVE_AGENCY.")] = None,
    state: Annotated[Path | None, typer.Option(help="Where caches and the embedded stack live.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print answers as JSON.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the code an error came from.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    from social_archive.cli.settings import begin

    begin(agency, state, as_json, debug)


def _register() -> None:
    """In the order in which `archive --help` lists them."""
    from social_archive.cli import (
        accounts,
        audit,
        certificate,
        consolidate,
        coverage,
        determine,
        digest,
        disposal,
        doctor,
        find,
        foia,
        harvest,
        hold,
        importing,
        init,
        law,
        ledger,
        moderation,
        notice,
        policy,
        prove,
        quarantine,
        retention,
        review,
        show,
        stack,
        tag,
        tour,
        try_account,
        why,
    )  # fmt: skip

    for module in (
        stack, tour, accounts, harvest, importing, find, show, why, tag, prove, coverage, retention, hold,
        consolidate, disposal, certificate, policy, review, determine, moderation, notice, foia, quarantine, digest,
        audit, ledger, law, doctor, init, try_account,
    ):  # fmt: skip
        module.register(app)


_register()


@functools.cache
def _command() -> typer.core.TyperGroup:
    """All commands. Putting them together takes a quarter of a second: once in a process is enough."""
    command = typer.main.get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    return command


def main() -> None:
    """Run one command; expected errors become two sentences, not a traceback."""
    try:
        _command()()
    except ArchiveError as error:
        _print_error(error)
        sys.exit(1)
    except BrokenPipeError:  # `archive find … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        _print_unexpected(error)
        sys.exit(1)


def _print_error(error: ArchiveError) -> None:
    from rich.text import Text

    from social_archive.cli.output import errors, print_json, safe
    from social_archive.cli.settings import settings

    message = str(error.args[0]) if error.args else type(error).__name__
    if settings.as_json:
        print_json({"error": message, "remedy": error.remedy, "code": type(error).__name__})
    else:
        err = errors()
        err.print(Text.assemble(("Error  ", "bold red"), safe(message)), soft_wrap=True)
        err.print(Text.assemble(("To do  ", "bold"), safe(error.remedy)), soft_wrap=True)
    if settings.debug:
        traceback.print_exc()


def _print_unexpected(error: Exception) -> None:
    """A fault of ours. Its text may quote a record or a secret, so only its kind and place are shown."""
    from social_archive.cli.output import print_json
    from social_archive.cli.settings import settings

    if settings.debug:
        raise error
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    message = f"A fault in the program ({type(error).__name__} in {place}). What is archived is not affected."
    remedy = "Run the command again with `archive --debug …` and report what it prints."
    if settings.as_json:
        print_json({"error": message, "remedy": remedy, "code": "unexpected"})
    else:
        print(f"Error  {message}\nTo do  {remedy}", file=sys.stderr)
