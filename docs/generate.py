"""Write the tables of docs/reference.md and README.md anew from the code. `make docs` runs it.

Whatever stands between `<!-- generated: NAME -->` and `<!-- end -->` is replaced. With --check nothing is written; the
exit code is 1 if something is out of date.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import click
import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).resolve().parents[1]
FILES = (ROOT / "docs" / "reference.md", ROOT / "docs" / "policy.md", ROOT / "README.md")

MEANING: Final[dict[str, str]] = {
    "PublicBody.name": "The body's name as it stands on letters and certificates.",
    "PublicBody.slug": "Short name for machines.",
    "PublicBody.jurisdiction": "The pack of law that applies.",
    "PublicBody.time_zone": "IANA zone of cut-off months, schedules and printed times; the archive keeps UTC.",
    "PublicBody.county": "For letters.",
    "PublicBody.address": "For letters.",
    "PublicBody.contact_email": "For letters.",
    "PublicBody.contact_phone": "For letters and the disposal worksheet.",
    "PublicBody.website": "For letters.",
    "StoreConfig.bucket": "The content bucket. The ledger lies in `<bucket>-ledger`, work in progress in "
                          "`<bucket>-staging`.",
    "StoreConfig.endpoint_url": "The S3 address, or `env:NAME`. Left out: Amazon S3.",
    "StoreConfig.region": "The bucket's region.",
    "StoreConfig.access_key": "Reference to the S3 access key.",
    "StoreConfig.secret_key": "Reference to the S3 secret key.",
    "StoreConfig.lock_mode": "Object Lock mode of content. The ledger is always COMPLIANCE.",
    "StoreConfig.default_lock_days": "Lock of ledger entries, and of records without a disposal date; the audit "
                                     "renews it.",
    "StoreConfig.disposer_access_key": "Reference to the key of the identity that may lift a GOVERNANCE lock; only "
                                       "what runs disposals and rewrites is given it.",
    "StoreConfig.disposer_secret_key": "Reference to its secret key.",
    "StoreConfig.replicas": "Copies of the bucket that somebody keeps elsewhere. A disposal reaches them too.",
    "Replica.name": "The archive's name for the copy.",
    "Replica.bucket": "Its bucket, with the same keys.",
    "Replica.endpoint_url": "Its S3 address, or `env:NAME`. Left out: Amazon S3.",
    "Replica.region": "Its region.",
    "Replica.access_key": "Reference to an S3 access key that may delete there.",
    "Replica.secret_key": "Reference to its secret key.",
    "Person.user": "His or her user name in Airflow.",
    "Person.name": "As certificates quote it.",
    "Person.title": "As certificates quote it.",
    "DisposalConfig.first_approvers": "User names of those who may approve a disposal first.",
    "DisposalConfig.second_approvers": "Of those who may approve it second; nobody is in both lists.",
    "DisposalConfig.approval_days": "After so many days an approval has expired.",
    "DisposalConfig.clock_silence_days": "For so long after a platform last told the time a disposal may go by the "
                                         "host's clock.",
    "DisposalConfig.verify_again_minutes": "After so long every place is looked at again before the certificate.",
    "FoiaConfig.officers": "Who keeps the files of requests and decides what is disclosed. Empty: anybody of `people`.",
    "FoiaConfig.second_reviewers": "One of them, another person than whoever decided, confirms a review.",
    "FoiaConfig.release_approvers": "Who may let an answer go out.",
    "FoiaConfig.number": "How requests are numbered; `{year}` and the running number `{n}` are put in.",
    "FoiaConfig.control_prefix": "What stands before the number of each record in an answer.",
    "FoiaConfig.warn_days": "How many days before an answer is due somebody is told, each day.",
    "FoiaConfig.release_folder": "Where approved bundles are laid. Default: `releases` in the state folder.",
    "LedgerConfig.origin": "The ledger's name for ever; every proof quotes it.",
    "LedgerConfig.signing_key": "Reference to the Ed25519 key that signs checkpoints.",
    "DigestConfig.to": "Who gets the daily digest of accounts that need a person. Default: `agency.contact_email`.",
    "DigestConfig.reviewer": "Who is told, once a day, that findings of the policy check wait. Default: `to`.",
    "DigestConfig.foia_officer": "Who is told at once of a comment that may be a request for records. Default: `to`.",
    "Account.name": "The archive's name for the account. Never changes: it is in the keys of its records.",
    "Account.platform": "The platform's name, see Platforms.",
    "Account.handle": "The account as the platform knows it. Needed once the account is enabled.",
    "Account.enabled": "`false` keeps the entry without harvesting it.",
    "Account.schedule": '`"@hourly"`, `"@daily"`, `"@weekly"`, `"@monthly"`, `"@continuous"` (every 10 minutes), '
                        '`"@once"` (by hand only) or five cron fields, in the body\'s time zone.',
    "Account.settings": "The platform's own options, see Platforms.",
    "Account.secrets": "Secrets by reference, `env:NAME` or `connection:ID`, see Platforms.",
    "Account.watch_days": "For so long threads and edits of a post are looked at again.",
    "Account.overlap_hours": "How far back a harvest always starts before the point that the last one reached.",
    "Account.note": "For people.",
    "Retention.version": "The schedule's version.",
    "Retention.effective": "From when it holds, once it is approved: `archive retention propose`.",
    "Retention.authority": "Who approved it.",
    "Retention.application_number": "As printed on the approved application.",
    "Retention.fiscal_year_starts": "The month in which a fiscal year begins.",
    "Retention.time_zone": "Taken from `agency.time_zone`; need not be given.",
    "Retention.items": "The schedule's items.",
    "Retention.rules": "Which records belong to which item. Of all that match, the item that keeps a record longest "
                       "wins; the last has no selector and takes the rest.",
    "RetentionItem.id": "The item's number on the schedule.",
    "RetentionItem.series": "Slug that stands in the keys of its records.",
    "RetentionItem.title": "As on the schedule.",
    "RetentionItem.description": "For people.",
    "RetentionItem.citation": "Where it is laid down.",
    "RetentionItem.years": "Full years from the end of the cut-off. Without any period and without `permanent`: not "
                           "scheduled, so kept.",
    "RetentionItem.months": "Months, beside the years.",
    "RetentionItem.days": "Days, beside years and months.",
    "RetentionItem.permanent": "Kept for ever.",
    "RetentionItem.trigger": "What starts the clock; until it happens the record waits.",
    "RetentionItem.cutoff": "The period counts from the end of this.",
    "RetentionItem.confidence": "How the fact is known: read in the source, restated, unverified, inferred.",
    "RetentionRule.item": "The item's `id`.",
    "RetentionRule.platform": "Only records of this platform.",
    "RetentionRule.account": "Only records of this account (its `name`).",
    "RetentionRule.kind": "Only records of this kind.",
    "RetentionRule.state": "Only records that were ever seen in this state.",
    "RetentionRule.tag": "Only records that carry this tag, see `archive tag`.",
    "RetentionRule.reason": "Why; `archive why` quotes it.",
    "CommentPolicy.version": "Of clauses and checks together; raise it with every change. Findings name it.",
    "CommentPolicy.checks": "How each check is used, by its name; see `archive policy criteria`.",
    "CheckConfig.enabled": "Whether it runs. Default: the check's own.",
    "CheckConfig.clause": "The clause that it is evidence for. Default: the check's own.",
    "CheckConfig.settings": "Its thresholds, see Checks.",
    "CommentPolicy.title": "The policy's title.",
    "CommentPolicy.source": "Where its text is from.",
    "CommentPolicy.adopted": "When it was adopted.",
    "CommentPolicy.welcome": "Its words on what is welcome.",
    "CommentPolicy.discretion": "Its words on who decides.",
    "CommentPolicy.clauses": "What it prohibits, clause by clause.",
    "CommentPolicy.notices": "What each profile has to say.",
    "CommentPolicy.statements": "Its other statements to the public.",
    "Clause.id": "Short name of the clause.",
    "Clause.text": "The clause in the policy's words.",
    "Notice.requirement": "What the policy says that a profile shall tell.",
    "Notice.required_parts": "What has to be said: `posted`, `submitted` (for posting), `disclosure`.",
    "Notice.wordings": "Phrases of your own that say a part, beside the ones that are known.",
    "Notice.allow_local": "Also read linked pages on this host or in a private network.",
    "Notice.suggested": "Wording that would satisfy it.",
}

ENVIRONMENT: Final[dict[str, str]] = {
    "ARCHIVE_AGENCY": "The agency folder. Default `include/agency`; `--agency` overrules it; `make up` and `make tour` "
                      "use `include/sandbox/agency`.",
    "ARCHIVE_STATE": "The state folder: caches and the embedded stack. Default `.archive`; `--state` overrules it.",
    "ARCHIVE_S3_ENDPOINT": "The object store's address. Set it to use a store of your own; `archive up` sets it for "
                           "the embedded one.",
    "ARCHIVE_S3_ACCESS_KEY": "S3 access key of the archive's identity.",
    "ARCHIVE_S3_SECRET_KEY": "S3 secret key of the archive's identity.",
    "ARCHIVE_S3_DISPOSER_ACCESS_KEY": "S3 access key of the identity that may lift a GOVERNANCE lock. Only what "
                                      "runs the tasks has it.",
    "ARCHIVE_S3_DISPOSER_SECRET_KEY": "Its secret key.",
    "ARCHIVE_S3_ADMIN_ACCESS_KEY": "docker-compose: an identity that may make buckets and policies. Leave empty "
                                   "where the buckets are made beforehand.",
    "ARCHIVE_S3_ADMIN_SECRET_KEY": "docker-compose: its secret key.",
    "ARCHIVE_EMBEDDED_STORE": "State folder of an embedded store that is not in the archive's own state folder: a "
                              "disposal looks there whether what it destroyed is gone from the disk.",
    "ARCHIVE_SIGNING_KEY": "The ledger's private key, `PRIVATE+KEY+<origin>+<id>+<base64>`.",
    "AIRFLOW_ADMIN_PASSWORD": "docker-compose: password of the Airflow user `admin`.",
    "AIRFLOW_RECORDS_PASSWORD": "docker-compose: password of the Airflow user `records`.",
    "AIRFLOW_DIRECTOR_PASSWORD": "docker-compose: password of the Airflow user `director`.",
    "AIRFLOW_FERNET_KEY": "docker-compose: encrypts connections in Airflow's database.",
    "AIRFLOW_API_SECRET": "docker-compose: signs Airflow's web sessions.",
    "AIRFLOW_JWT_SECRET": "docker-compose: signs Airflow's tokens between services.",
    "AIRFLOW_URL": "docker-compose: the address under which people reach Airflow. Default `http://127.0.0.1:8080`.",
    "POSTGRES_PASSWORD": "docker-compose: Airflow's database.",
    "REDIS_PASSWORD": "docker-compose: Airflow's queue.",
}


# --------------------------------------------------------------------------- commands


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name, groups left out."""
    from social_archive.cli import app

    yield from _commands(typer.main.get_command(app), "")


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        meant = name == getattr(command, "default", None)  # the one that need not be named
        yield from _commands(child, path if meant else f"{path} {name}".strip())


def command_table() -> str:
    rows = []
    for name, command in commands():
        arguments = [_argument(p) for p in command.params if p.param_type_name == "argument"]
        options = [f"`{p.opts[0]}{'/' + p.secondary_opts[0] if p.secondary_opts else ''}`" for p in command.params
                   if p.param_type_name == "option" and p.name not in ("_json", "as_json", "help")]  # fmt: skip
        told = " ".join(inspect.cleandoc(command.help or "").split())
        rows.append((f"`archive {' '.join([name, *arguments])}`", told, " ".join(options) or "–"))
    return _table(("command", "what it does", "options"), rows)


def _argument(parameter: click.Parameter) -> str:
    shown = parameter.metavar or (parameter.name or "").upper()
    return shown if parameter.required or shown.startswith("[") else f"[{shown}]"


# --------------------------------------------------------------------------- settings


def models() -> dict[str, tuple[type[BaseModel], str]]:
    """`file: key` → model, with the name of the model's class for MEANING."""
    from social_archive import config

    return {
        "agency.yaml: `agency`": (config.PublicBody, "PublicBody"),
        "agency.yaml: `store`": (config.StoreConfig, "StoreConfig"),
        "agency.yaml: each of `store.replicas`": (config.Replica, "Replica"),
        "agency.yaml: `ledger`": (config.LedgerConfig, "LedgerConfig"),
        "agency.yaml: `digest`": (config.DigestConfig, "DigestConfig"),
        "agency.yaml: each of `people`": (config.Person, "Person"),
        "agency.yaml: `disposal`": (config.DisposalConfig, "DisposalConfig"),
        "agency.yaml: `foia`": (config.FoiaConfig, "FoiaConfig"),
        "accounts.yaml: each of `accounts`": (config.Account, "Account"),
        "retention.yaml: `retention`": (config.Retention, "Retention"),
        "retention.yaml: each of `items`": (config.RetentionItem, "RetentionItem"),
        "retention.yaml: each of `rules`": (config.RetentionRule, "RetentionRule"),
        "policy.yaml: `policy`": (config.CommentPolicy, "CommentPolicy"),
        "policy.yaml: each of `clauses`": (config.Clause, "Clause"),
        "policy.yaml: each of `checks`": (config.CheckConfig, "CheckConfig"),
        "policy.yaml: each of `notices`": (config.Notice, "Notice"),
    }


def settings_tables() -> str:
    parts = []
    for title, (model, name) in models().items():
        rows = [
            (f"`{key}`", _words(field.annotation, field.metadata), _default(field), MEANING[f"{name}.{key}"])
            for key, field in model.model_fields.items()
        ]
        parts.append(f"#### {title}\n\n" + _table(("setting", "type", "default", "meaning"), rows))
    return "\n\n".join(parts)


def _default(field: Any) -> str:
    if field.is_required():
        return "**required**"
    value = field.default
    if value is PydanticUndefined or value is None or value in ("", [], {}):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _words(annotation: Any, metadata: list[Any]) -> str:
    """A field's type as a person would say it."""
    bounds = {name: getattr(m, name) for m in _flat(metadata) for name in ("ge", "le") if hasattr(m, name)}
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0], list(arguments[1:]))
    if origin in (Union, UnionType):
        return _words(next(a for a in arguments if a is not type(None)), metadata)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return "list"
    if origin is dict:
        return "mapping"
    plain = {str: "text", int: "number", bool: "true or false"}.get(annotation, getattr(annotation, "__name__", "text"))
    return f"{plain}, {bounds['ge']} to {bounds['le']}" if len(bounds) == 2 else str(plain)


def _flat(metadata: list[Any]) -> Iterator[Any]:
    for one in metadata:
        yield one
        yield from getattr(one, "metadata", ())


def environment_table() -> str:
    return _table(("variable", "meaning"), [(f"`{name}`", told) for name, told in sorted(ENVIRONMENT.items())])


# --------------------------------------------------------------------------- platforms


def platform_tables() -> str:
    from social_archive.platforms import registry

    rows, parts = [], []
    for name, cls in registry().items():
        rows.append((f"`{name}`", cls.title, f"{cls.pace.requests:,} requests in {cls.pace.seconds} s",
                     cls.legal_basis, cls.storage_terms))  # fmt: skip
        needs = [
            (f"`{'secrets' if f.secret else 'settings'}.{f.name}`", "yes" if f.required else "no", f.help,
             f"`{f.example}`" if f.example else "–")
            for f in cls.credentials
        ]  # fmt: skip
        about = inspect.cleandoc(cls.__doc__ or "")
        parts.append(f"#### {cls.title}\n\n{about}\n\n" + _table(("setting", "required", "meaning", "example"), needs))
    overview = _table(("platform", "title", "pace", "legal basis", "terms on storing"), rows)
    return "\n\n".join([overview, *parts])


# --------------------------------------------------------------------------- DAGs


def dag_table() -> str:
    rows = [
        (f"`{dag.dag_id}`", _schedule(dag), f"{dag.default_args['owner']}", dag.description,
         ", ".join(f"`{task.rpartition('.')[2]}`" for task in dag.task_ids))
        for dag in sorted(dags().values(), key=lambda dag: dag.dag_id)
    ]  # fmt: skip
    return _table(("DAG", "schedule", "owner", "what", "tasks"), rows)


def dags() -> dict[str, Any]:
    """The DAGs of the sample agency, loaded in a throw-away AIRFLOW_HOME unless there is one."""
    home = tempfile.mkdtemp(prefix="archive-docs-")
    os.environ.setdefault("AIRFLOW_HOME", home)
    os.environ.setdefault("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/airflow.db")
    os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    os.environ["ARCHIVE_AGENCY"] = str(ROOT / "include" / "sandbox" / "agency")
    sys.path.append(str(ROOT / "plugins"))
    from airflow.dag_processing.dagbag import DagBag  # noqa: TID251 - here the DAGs are read, as Airflow does

    bag = DagBag(str(ROOT / "dags"))
    if bag.import_errors:
        raise SystemExit(f"The DAGs do not load: {bag.import_errors}")
    return dict(bag.dags)


def _schedule(dag: Any) -> str:
    if dag.dag_id.startswith("harvest_"):
        return "when one of its accounts is due (`schedule` in accounts.yaml)"
    expression = getattr(dag.timetable, "expression", None) or getattr(dag.timetable, "_expression", None)
    return f"`{expression}` in the body's time zone" if expression else "by hand"


# --------------------------------------------------------------------------- modules


def module_table() -> str:
    """Every module of the core by the first sentence of its docstring."""
    package = ROOT / "include" / "social_archive"
    rows = []
    for path in sorted(package.rglob("*.py")):
        told = inspect.cleandoc(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
        name = path.relative_to(package).as_posix().removesuffix("/__init__.py")
        if told and path != package / "__init__.py":
            rows.append((f"`{name}`", told.split("\n\n")[0]))
    return _table(("module", "what"), rows)


def checks_table() -> str:
    """The criteria of the comment policy, each with its settings."""
    from social_archive.policy.criteria import registry

    whose = {"public": "the public's", "own": "the library's own", "all": "everybody's"}
    rows = []
    for name, cls in registry().items():
        settings = ", ".join(f"`{field}`" for field in cls.Settings.model_fields) or "none"
        rules = ", ".join(f"`{rule.id.partition('.')[2]}`" for rule in cls.rules) or "none, by design"
        title = cls.title if cls.on else f"{cls.title} (off unless enabled)"
        rows.append((f"`{name}`", title, whose[cls.audience], rules, settings))
    return _table(("check", "what it is about", "whose words", "rules", "settings"), rows)


# --------------------------------------------------------------------------- writing


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"

    return "\n".join([line(heads), "| " + " | ".join("---" for _ in heads) + " |", *map(line, rows)])


TABLES: Final[dict[str, Callable[[], str]]] = {
    "commands": command_table,
    "settings": settings_tables,
    "environment": environment_table,
    "platforms": platform_tables,
    "dags": dag_table,
    "modules": module_table,
    "checks": checks_table,
}
_MARKED: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The text with every marked table made from the code as it is now."""
    return _MARKED.sub(lambda m: f"{m[1]}\n{TABLES[m[2]]()}\n\n{m[3]}", text)


def main(check: bool) -> int:
    stale = []
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        new = renewed(text)
        if new != text:
            stale.append(path.relative_to(ROOT))
            if not check:
                path.write_text(new, encoding="utf-8")
    if stale:
        print(("Out of date, run `make docs`: " if check else "Written: ") + ", ".join(map(str, stale)))
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
