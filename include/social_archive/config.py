"""The agency folder: what one public body edits, read strictly.

    agency.yaml      who the body is, where its bucket is, who signs its ledger
    accounts.yaml    the social-media accounts that are its records
    retention.yaml   its schedule: items, and which records belong to which
    policy.yaml      its comment policy's clauses and the notice that the profiles owe

A wrong file is refused whole, with `file:line: reason` for each thing that is wrong, before anything is touched.
No file holds a secret: a secret is a reference (`env:NAME`, `connection:ID`) that `resolve_secret` follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError

from social_archive.config_checks import account_problems, people_problems, rule_problems
from social_archive.config_policy import CheckConfig, Clause, CommentPolicy, Notice
from social_archive.config_schedule import Confidence, Model, Retention, RetentionItem, RetentionRule, Slug, Text
from social_archive.errors import ConfigError
from social_archive.references import KEY_REFERENCE, REFERENCE, register_secret_resolver, resolve_secret
from social_archive.yaml_lines import Document, echo, read, shown, suggestion

__all__ = [
    "Account", "Agency", "CheckConfig", "Clause", "CommentPolicy", "Confidence", "DigestConfig", "DisposalConfig",
    "LedgerConfig", "Model", "Notice", "Person", "PublicBody", "Replica", "Retention", "RetentionItem", "RetentionRule",
    "StoreConfig", "load_agency", "load_file", "register_secret_resolver", "resolve_secret",
]  # fmt: skip

FILES: Final = ("agency.yaml", "accounts.yaml", "retention.yaml", "policy.yaml")


# --------------------------------------------------------------------------- values


def _reference(value: str) -> str:
    if not REFERENCE.fullmatch(value):
        raise ValueError("must be a reference, `env:NAME` or `connection:ID`; a secret itself never stands in a file")
    return value


def _key_reference(value: str) -> str:
    if not KEY_REFERENCE.fullmatch(value):
        raise ValueError("must be `file:PATH` or `env:NAME`; a key itself never stands in a file")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError("is not an IANA time zone such as America/Chicago") from None
    return value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that starts with https:// or http://")
    if parts.username or parts.password:
        raise ValueError("must hold no user and password")
    return value


def _endpoint(value: str) -> str:
    return value if value.startswith("env:") and REFERENCE.fullmatch(value) else _http_url(value)


REQUEST_NUMBER: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9_-])?")
"""The number of a request. The answer's folder and file bear it, and must have one name on every machine."""

_PUT_IN: Final = re.compile(r"\{year\}|\{n(?::(0?[1-9])?d?)?\}")


def _request_numbers(value: str) -> str:
    if "{n" not in value or not REQUEST_NUMBER.fullmatch(_PUT_IN.sub("0000", value)):
        raise ValueError(
            'is no pattern for numbers such as "{year}-{n:03d}": letters, digits, dots, hyphens and underscores, with '
            "{n} and perhaps {year}"
        )
    return value


_PRESETS: Final = frozenset({"@hourly", "@daily", "@weekly", "@monthly", "@once", "@continuous"})
_CRON_FIELD: Final = re.compile(r"[0-9A-Za-z*/,\-?#L]+")


def _schedule(value: str) -> str:
    cron = value.split()
    if value not in _PRESETS and not (len(cron) == 5 and all(_CRON_FIELD.fullmatch(part) for part in cron)):
        raise ValueError('is neither a preset such as "@daily" nor five cron fields such as "0 6 * * *"')
    return value


BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,50}[a-z0-9]$")]
Reference = Annotated[str, AfterValidator(_reference)]
KeyReference = Annotated[str, AfterValidator(_key_reference)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Url = Annotated[str, AfterValidator(_http_url)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
RequestNumbers = Annotated[str, StringConstraints(max_length=40), AfterValidator(_request_numbers)]
Schedule = Annotated[str, AfterValidator(_schedule)]


# --------------------------------------------------------------------------- models


class PublicBody(Model):
    """Who keeps these records. The names go on certificates and letters as they stand here."""

    name: Text
    slug: Slug
    jurisdiction: Text
    time_zone: TimeZone
    county: str | None = None
    address: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    website: Url | None = None


class Replica(Model):
    """A copy of the content bucket that somebody keeps elsewhere, under the same keys. A disposal reaches it too."""

    name: Slug
    bucket: BucketName
    endpoint_url: Endpoint | None = None
    region: Text = "us-east-1"
    access_key: Reference
    secret_key: Reference


class StoreConfig(Model):
    """The bucket that is the archive. Object Lock is required; `archive doctor` says whether it is there."""

    bucket: BucketName
    endpoint_url: Endpoint | None = None
    region: Text = "us-east-1"
    access_key: Reference = "env:ARCHIVE_S3_ACCESS_KEY"
    secret_key: Reference = "env:ARCHIVE_S3_SECRET_KEY"  # noqa: S105 - a reference, not a secret
    lock_mode: Literal["governance", "compliance"] = "governance"
    default_lock_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    disposer_access_key: Reference = "env:ARCHIVE_S3_DISPOSER_ACCESS_KEY"
    disposer_secret_key: Reference = "env:ARCHIVE_S3_DISPOSER_SECRET_KEY"  # noqa: S105 - a reference, not a secret
    replicas: list[Replica] = Field(default_factory=list)

    @property
    def ledger_bucket(self) -> str:
        return f"{self.bucket}-ledger"

    @property
    def staging_bucket(self) -> str:
        return f"{self.bucket}-staging"


class LedgerConfig(Model):
    """`origin` names the log for ever (C2SP: a name without scheme, spaces or `+`); the key signs its checkpoints."""

    origin: Annotated[str, StringConstraints(pattern=r"^[^\s+:]+$")]
    signing_key: KeyReference


MailAddress = Annotated[str, StringConstraints(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$")]


class DigestConfig(Model):
    """Who is told: of accounts that need a person (`to`), of findings to look at (`reviewer`), of a comment that may be
    a request for public records (`foia_officer`). Default of the last two: `to`, and of `to`: `contact_email`.
    """

    to: MailAddress | None = None
    reviewer: MailAddress | None = None
    foia_officer: MailAddress | None = None


class Person(Model):
    """Somebody who may act on records, by the user name that he or she has in Airflow. Certificates quote the rest."""

    user: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
    name: Text
    title: Text


class DisposalConfig(Model):
    """Who approves a disposal (two people, one of each list), for how long an approval holds, and what time is trusted.

    `clock_silence_days`: for so long after a platform last told the time may a disposal go by the host's clock.
    """

    first_approvers: list[Text] = Field(default_factory=list)
    second_approvers: list[Text] = Field(default_factory=list)
    approval_days: Annotated[int, Field(ge=1, le=366)] = 30
    clock_silence_days: Annotated[int, Field(ge=1, le=366)] = 14
    verify_again_minutes: Annotated[int, Field(ge=0, le=10_080)] = 10


class FoiaConfig(Model):
    """Who answers requests for records (user names of `people`; an empty list: anybody named there).

    `officers` keep the files and decide what is disclosed; one of `second_reviewers`, another person, looks at it
    again; one of `release_approvers` lets it go out. `number` is how requests are numbered ({year} and
    {n}, the running number, are put in; the answer's file bears it), `control_prefix` what stands before the number of
    each record in an answer. `warn_days`: how many days before an answer is due somebody is told each day.
    `release_folder`: where approved bundles are laid.
    """

    officers: list[Text] = Field(default_factory=list)
    second_reviewers: list[Text] = Field(default_factory=list)
    release_approvers: list[Text] = Field(default_factory=list)
    number: RequestNumbers = "{year}-{n:03d}"
    control_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,8}$")] = "REC"
    warn_days: Annotated[int, Field(ge=0, le=30)] = 2
    release_folder: Text | None = None


class Account(Model):
    """One account of the body on one platform. `name` is the archive's own for it, one of a kind on its platform,
    and never changes: it is in the keys of its records.
    """

    name: Slug
    platform: Text
    handle: str = ""
    enabled: bool = True
    schedule: Schedule = "@daily"
    settings: dict[str, Any] = Field(default_factory=dict)
    secrets: dict[str, Reference] = Field(default_factory=dict)
    watch_days: Annotated[int, Field(ge=0, le=3650)] = 30
    overlap_hours: Annotated[int, Field(ge=0, le=24 * 366)] = 48
    note: str | None = None


class Agency(Model):
    """Everything in one agency folder."""

    folder: Path
    body: PublicBody
    store: StoreConfig
    ledger: LedgerConfig
    digest: DigestConfig = DigestConfig()
    people: list[Person] = Field(default_factory=list)
    disposal: DisposalConfig = DisposalConfig()
    foia: FoiaConfig = FoiaConfig()
    accounts: list[Account]
    retention: Retention
    policy: CommentPolicy | None = None

    def person(self, user: str) -> Person | None:
        return next((person for person in self.people if person.user == user), None)

    def enabled_accounts(self, platform: str | None = None) -> list[Account]:
        return [a for a in self.accounts if a.enabled and platform in (None, a.platform)]


class _AgencyFile(Model):
    agency: PublicBody
    store: StoreConfig
    ledger: LedgerConfig
    digest: DigestConfig = DigestConfig()
    people: list[Person] = Field(default_factory=list)
    disposal: DisposalConfig = DisposalConfig()
    foia: FoiaConfig = FoiaConfig()


class _AccountsFile(Model):
    accounts: list[Account]


class _RetentionFile(Model):
    retention: Retention


class _PolicyFile(Model):
    policy: CommentPolicy


# --------------------------------------------------------------------------- loading


def load_agency(folder: Path) -> Agency:
    """Read and check an agency folder. Raises ConfigError that names file, line and reason of everything wrong."""
    folder = Path(folder)
    if not (folder / "agency.yaml").is_file():
        raise ConfigError(
            f"{shown(folder)} is not an agency folder: it has no agency.yaml.",
            remedy=f"Name the folder with --agency or ARCHIVE_AGENCY, or make one: archive init {shown(folder)}",
        )
    agency, agency_document = _load(folder / "agency.yaml", _AgencyFile)
    accounts, accounts_document = _load(folder / "accounts.yaml", _AccountsFile)
    schedule, schedule_document = _load(folder / "retention.yaml", _RetentionFile)
    problems = [*people_problems(agency.people, agency.disposal, agency.foia, agency_document),
                *account_problems(accounts.accounts, accounts_document),
                *rule_problems(schedule.retention, accounts.accounts, schedule_document)]  # fmt: skip
    if problems:
        raise ConfigError("\n".join(problems))
    policy_path = folder / "policy.yaml"
    return Agency(
        folder=folder,
        body=agency.agency,
        store=agency.store,
        ledger=agency.ledger,
        digest=agency.digest,
        people=agency.people,
        disposal=agency.disposal,
        foia=agency.foia,
        accounts=accounts.accounts,
        retention=schedule.retention.model_copy(update={"time_zone": agency.agency.time_zone}),
        policy=_load(policy_path, _PolicyFile)[0].policy if policy_path.is_file() else None,
    )


_File = TypeVar("_File", bound=Model)


def load_file(path: Path, model: type[_File]) -> _File:
    """Read one YAML file of a person's own, strictly. Raises ConfigError with `file:line: reason`."""
    return _load(path, model)[0]


def _load(path: Path, model: type[_File]) -> tuple[_File, Document]:
    document = read(path)
    if not isinstance(document.value, dict):
        raise ConfigError(f"{document.place()}: expected `key: value` lines at the top of the file.")
    try:
        return model.model_validate(document.value), document
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(document, model, found) for found in error.errors())) from None


def _explain(document: Document, model: type[Model], found: Any) -> str:
    """One pydantic error as `file:line: reason`. Values under `secrets` and the keys' references are not echoed."""
    where = tuple(part for part in found["loc"] if not (isinstance(part, str) and part.startswith("function-")))
    name = ".".join(str(part) for part in where if not isinstance(part, int)) or "the file"
    kind = found["type"]
    if kind == "extra_forbidden":
        known = _known_keys(model, where[:-1])
        return f"{document.place(where)}: unknown key {echo(where[-1])}{suggestion(str(where[-1]), known)}."
    if kind == "missing":
        return f"{document.place(where[:-1])}: {where[-1]!r} is missing."
    if kind == "value_error":
        return f"{document.place(where)}: {name}: {found['ctx']['error']}{_shown_value(where, found)}."
    if kind == "string_type":
        return f"{document.place(where)}: {name} must be text{_shown_value(where, found)}; put it in quotes."
    if kind == "string_pattern_mismatch":
        return f"{document.place(where)}: {name}: {_pattern_words(where)}{_shown_value(where, found)}."
    message = found["msg"].replace("Input should", "should").removesuffix(".")
    return f"{document.place(where)}: {name} {message[0].lower() + message[1:]}{_shown_value(where, found)}."


def _shown_value(where: tuple[Any, ...], found: Any) -> str:
    private = {"secrets", "access_key", "secret_key", "signing_key", "settings"}
    value = found.get("input")
    if private.intersection(map(str, where)) or isinstance(value, dict | list) or value is None:
        return ""
    return f" (found {echo(value)})"


def _pattern_words(where: tuple[Any, ...]) -> str:
    if where[-1] == "origin":
        return "is a plain name such as library.example/social-records: no spaces, no `+`, no `https://`"
    return "may hold only small letters, digits and hyphens, and neither starts nor ends with a hyphen"


def _known_keys(model: type[BaseModel], where: tuple[Any, ...]) -> list[str]:
    """The keys that a file's model knows at a place; lists and optional models are looked through."""
    current: Any = model
    for part in where:
        if isinstance(part, int):
            continue
        annotation = current.model_fields[part].annotation
        current = next(_models_in(annotation), None)
        if current is None:
            return []
    return list(current.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
