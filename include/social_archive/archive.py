"""The composition root: one agency's archive, wired from its folder. CLI and DAGs start here."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from social_archive import barrier
from social_archive.catalog import LAYOUT, Catalog
from social_archive.config import Account, Agency, load_agency, resolve_secret
from social_archive.errors import ConfigError
from social_archive.ledger import Ledger, txn_id
from social_archive.mirror import Mirror
from social_archive.note import Signer
from social_archive.platforms import Platform, Target, platform
from social_archive.platforms.http import Http
from social_archive.references import keep_secret
from social_archive.series import Schedule
from social_archive.store import Store


def default_agency() -> Path:
    return Path(os.environ.get("ARCHIVE_AGENCY") or "include/agency")


def default_state() -> Path:
    return Path(os.environ.get("ARCHIVE_STATE") or ".archive").resolve()


@dataclass
class Archive:
    """Everything that acts on one agency's records. Parts connect when they are first used."""

    agency: Agency
    state: Path
    write: bool = True
    rebuilding: bool = False  # this one is: the barrier that it put up does not stop it
    _schedule: tuple[str, Schedule] | None = field(default=None, repr=False)

    @cached_property
    def store(self) -> Store:
        """The content bucket. Refuses to start on a bucket without Object Lock."""
        store = Store.connect(self.agency.store)
        store.require_fit()
        return store

    @cached_property
    def disposer(self) -> Store:
        """The content bucket under the identity that may lift a GOVERNANCE lock: for what an approved disposal or a
        verified rewrite removes, for nothing else. Raises ConfigError where its keys are not given."""
        config = self.agency.store
        keys = {"access_key": config.disposer_access_key, "secret_key": config.disposer_secret_key}
        return Store.connect(config.model_copy(update=keys))

    @cached_property
    def ledger_store(self) -> Store:
        store = Store.connect(self.agency.store, self.agency.store.ledger_bucket)
        store.require_fit()
        return store

    @cached_property
    def staging(self) -> Store:
        """Where the steps of a scheduled harvest hand batches to each other. Plain bucket, nothing stays."""
        return Store.connect(self.agency.store, self.agency.store.staging_bucket)

    @cached_property
    def signer(self) -> Signer:
        return Signer.load(self.agency.ledger.signing_key)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(
            self.ledger_store,
            self.signer if self.write else None,
            self.agency.ledger.origin,
            lock_days=self.agency.store.default_lock_days,
            lock_file=self.state / "run" / "ledger.lock",
            may_write=self.require_open,
        )

    @cached_property
    def mirror(self) -> Mirror:
        return Mirror(self.cache / "mirror", self.store)

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog(self.cache / f"catalog-{LAYOUT}.sqlite", self.ledger, self.mirror)

    @property
    def cache(self) -> Path:
        """This agency's share of the throw-away state, so that two agencies can live in one state folder."""
        return self.state / "cache" / self.agency.store.bucket

    @property
    def schedule(self) -> Schedule:
        """The retention schedule in force: the last approved version whose day has come, by the ledger. Before any was
        approved, retention.yaml as it stands. Ask once per batch, not per record."""
        from social_archive.retention.schedules import in_force

        version = in_force(self)
        wanted = version.sha256 if version else ""
        if self._schedule is None or self._schedule[0] != wanted:
            retention = version.retention if version else self.agency.retention
            self._schedule = (wanted, Schedule(retention, retention.time_zone))
        return self._schedule[1]

    def require_open(self) -> None:
        """Raises Rebuilding while a rebuild by somebody else is under way, or was never finished."""
        barrier.require_open(self)

    def txn(self, *parts: str) -> str:
        """The id of a transaction: the same parts give the same id, and nobody without the key can guess parts."""
        return txn_id(self.signer, *parts)

    def account(self, name: str, platform_name: str | None = None) -> Account:
        """An account of accounts.yaml by its name, or by `platform/name` where a name is used twice."""
        if "/" in name:
            platform_name, name = name.split("/", 1)
        found = [a for a in self.agency.accounts if a.name == name and platform_name in (None, a.platform)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(f"{a.platform}/{a.name}" for a in self.agency.accounts)
        problem = "is on more than one platform" if found else "is not in accounts.yaml"
        raise ConfigError(
            f"The account {name!r} {problem}; the accounts are: {known}.", remedy="Name it platform/account."
        )

    def adapter(self, account: Account) -> Platform:
        """The adapter of one account, connected, with its secrets resolved."""
        cls = platform(account.platform)
        target = Target(
            name=account.name,
            handle=account.handle,
            settings=account.settings,
            secrets={name: resolve_secret(reference) for name, reference in account.secrets.items()},
            keep=lambda name, value: keep_secret(account.secrets.get(name, ""), value),
        )
        http = Http(base_url=cls.base_url(target), pace=cls.pace, secrets=tuple(target.secrets.values()))
        return cls(target, http)

    def forget_caches(self) -> None:
        """Delete everything that can be made again from the bucket. The next use starts from the ledger."""
        self.close()
        self.__dict__.pop("catalog", None)
        shutil.rmtree(self.cache, ignore_errors=True)

    def close(self) -> None:
        if "catalog" in self.__dict__:
            self.catalog.close()


def open_archive(agency: Path | None = None, *, state: Path | None = None, write: bool = True) -> Archive:
    """The archive of the agency in this folder (default: ARCHIVE_AGENCY, else include/agency)."""
    return Archive(load_agency(agency or default_agency()), state or default_state(), write=write)
