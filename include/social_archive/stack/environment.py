"""The environment of the embedded stack: addresses and secrets, made once, kept in `<state>/env` (mode 0600).

The format is one NAME=value a line, so that a shell reads it too: `set -a; . .archive/env`.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def state_folder() -> Path:
    """Where the embedded stack keeps everything: ARCHIVE_STATE, or `.archive` in the working directory."""
    return Path(os.environ.get("ARCHIVE_STATE") or ".archive").resolve()


def read(state: Path) -> dict[str, str]:
    """The generated environment; empty if the stack never ran here."""
    return _parse(state / "env")


def load(state: Path) -> None:
    """Put the generated environment into this process. What the caller set himself stays as it is."""
    for name, value in read(state).items():
        os.environ.setdefault(name, value)


def write(state: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Add or replace values in the generated environment; returns all of it."""
    merged = read(state) | dict(values)
    write_private(state / "env", "".join(f"{name}={value}\n" for name, value in sorted(merged.items())))
    return merged


def secret(state: Path, name: str, length: int = 48) -> str:
    """A random secret that stays the same for the life of the state folder. `length` is in bytes."""
    path = state / "keys" / name
    if not path.exists():
        write_private(path, secrets.token_urlsafe(length))
    return path.read_text().strip()


def fernet_key(state: Path) -> str:
    """Airflow's key for stored connections: 32 random bytes in URL-safe base64, padding included."""
    path = state / "keys" / "airflow-fernet"
    if not path.exists():
        write_private(path, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return path.read_text().strip()


def _parse(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return dict(pairs)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(path.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    draft.replace(path)
