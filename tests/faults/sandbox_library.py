"""The sandbox's library as the fault tests harvest it: real HTTP and a real store, but nobody really waits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.control import Control
from sandbox.folder import agency_folder, environment
from social_archive.archive import Archive, open_archive
from social_archive.harvest import HarvestReport, run
from social_archive.note import Signer
from tests.faults.soundness import rows_of

ORIGIN = "larkspur.example/social-records"
SMALL = "larkspur-archive"  # eight posts and seventeen comments on Mastodon, two pictures


class Clock:
    """Time that passes by itself and jumps when somebody sleeps; `waits` are the seconds that were slept."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self) -> float:
        return time.monotonic() + sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def library(folder: Path, urls: dict[str, str], bucket: str, accounts: list[str]) -> Path:
    """An agency folder of the sandbox's library with these accounts and a signing key of its own."""
    agency = agency_folder(folder, urls, accounts=accounts, bucket=bucket)
    key = folder / "ledger.key"
    if not key.exists():
        Signer.generate(ORIGIN).save(key)
    settings = (agency / "agency.yaml").read_text()
    (agency / "agency.yaml").write_text(settings.replace("env:ARCHIVE_SIGNING_KEY", f"file:{key}"))
    return agency


@dataclass
class Place:
    """One account of the library on one platform, harvested into a bucket of its own."""

    control: Control
    archive: Archive
    folder: Path
    account: str
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def made(cls, folder: Path, urls: dict[str, str], bucket: str, account: str) -> Place:
        archive = open_archive(library(folder / "agency", urls, bucket, [account]), state=folder / "state")
        platform = archive.account(account).platform
        return cls(Control(urls[platform]), archive, folder, account)

    @property
    def platform(self) -> str:
        return self.archive.account(self.account).platform

    def harvest(self, progress: object = None) -> HarvestReport:
        return run(self.archive, self.archive.account(self.account), progress=progress)  # type: ignore[arg-type]

    def cursor(self) -> dict[str, object] | None:
        return self.archive.catalog.cursor(self.platform, self.account)

    def history(self, native_id: str) -> list[tuple[str, str | None]]:
        """(state, body) of every version of one thing, oldest first."""
        rows = sorted((r for r in rows_of(self.archive) if r["native_id"] == native_id), key=lambda r: r["version"])
        return [(row["state"], row["body"]) for row in rows]

    def visible(self) -> set[str]:
        """Native ids of everything that the platform really shows of this account now."""
        gone = ("deleted", "account_gone")
        return {i["id"] for i in self.truth() if i["state"] not in gone and not i["malformed"]}

    def truth(self) -> list[dict[str, Any]]:
        """Every item of this account as it really is (see `Control.truth`)."""
        return self.control.truth(self.account.removesuffix(f"-{self.platform}"))


def secrets() -> list[str]:
    return list(environment().values())
