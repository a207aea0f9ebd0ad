"""What no single entry of the agency's files can see: doubles, unknown platforms, rules that point nowhere.

Each check yields finished `file:line: reason` sentences, so that a person gets all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from social_archive.yaml_lines import Document, echo, suggestion

if TYPE_CHECKING:
    from social_archive.config import Account, DisposalConfig, FoiaConfig, Person, Retention

PLATFORM_NAMES: Final = (
    "bluesky", "facebook", "flickr", "instagram", "linkedin", "mastodon", "nextdoor", "pinterest", "threads",
    "tiktok", "x", "youtube",
)  # fmt: skip
"""Names that an entry may carry while it waits: an enabled account needs an adapter in `platforms/` as well."""

_SECRET_NAME: Final = re.compile(r"token|secret|password|passwd|api[_-]?key|credential|private[_-]?key", re.IGNORECASE)


def account_problems(accounts: list[Account], document: Document) -> Iterator[str]:
    seen: dict[tuple[str, str], int] = {}
    identities: dict[tuple[str, str, str], int] = {}
    for index, account in enumerate(accounts):
        where = ("accounts", index)
        name = (account.platform, account.name)
        if name in seen:
            first = document.line(("accounts", seen[name], "name"))
            yield (f"{document.place((*where, 'name'))}: two {account.platform} accounts are named {account.name!r}; "
                   f"the first is in line {first}.")  # fmt: skip
        seen.setdefault(name, index)
        identity = (account.platform, account.handle.lower().lstrip("@"), str(account.settings.get("server", "")))
        if account.handle and identity in identities:
            first = document.line(("accounts", identities[identity], "handle"))
            yield (f"{document.place((*where, 'handle'))}: this {account.platform} account is listed already, "
                   f"in line {first}.")  # fmt: skip
        identities.setdefault(identity, index)
        yield from _platform_problems(account, where, document)
        for key in account.settings:
            if _SECRET_NAME.search(key):
                yield (f"{document.place((*where, 'settings', key))}: {key!r} is a secret: move it to `secrets:` "
                       "as a reference, `env:NAME` or `connection:ID`.")  # fmt: skip


def _platform_problems(account: Account, where: tuple[Any, ...], document: Document) -> Iterator[str]:
    """Unknown platform; and for an enabled account whatever its platform needs and the entry lacks."""
    from social_archive.platforms import registry

    adapters = registry()
    known = sorted({*PLATFORM_NAMES, *adapters})
    if account.platform not in known:
        yield (f"{document.place((*where, 'platform'))}: there is no platform {echo(account.platform)}"
               f"{suggestion(account.platform, known)}; there are {', '.join(known)}.")  # fmt: skip
        return
    if not account.enabled:
        return
    if account.platform not in adapters:
        yield (f"{document.place((*where, 'platform'))}: this version cannot harvest {account.platform} yet; "
               "set `enabled: false` to keep the entry.")  # fmt: skip
        return
    if not account.handle:
        yield f"{document.place(where)}: account {account.name!r} is enabled but has no handle."
    if adapters[account.platform].terms_must_be_accepted and account.settings.get("terms_accepted") is not True:
        yield (f"{document.place(where)}: {adapters[account.platform].title}'s terms collide with keeping records: "
               f"{adapters[account.platform].storage_terms} Read them with counsel; then add "
               "`terms_accepted: true` to the settings, or set `enabled: false`.")  # fmt: skip
    fields = adapters[account.platform].credentials
    secret_names = [field.name for field in fields if field.secret]
    for key in account.secrets:
        if key not in secret_names:
            yield (f"{document.place((*where, 'secrets', key))}: {account.platform} knows no secret {echo(key)}"
                   f"{suggestion(key, secret_names)}.")  # fmt: skip
    for field in fields:
        given = account.secrets if field.secret else {"handle": account.handle, **account.settings}
        if field.required and not given.get(field.name):
            part = "secrets" if field.secret else "settings"
            yield f"{document.place(where)}: account {account.name!r} lacks {part}.{field.name}: {field.help}"


def rule_problems(schedule: Retention, accounts: list[Account], document: Document) -> Iterator[str]:
    ids = [item.id for item in schedule.items]
    for index, item in enumerate(schedule.items):
        place = ("retention", "items", index)
        if item.id in ids[:index]:
            yield f"{document.place((*place, 'id'))}: two items have the id {item.id!r}."
        if item.series in [other.series for other in schedule.items[:index]]:
            yield f"{document.place((*place, 'series'))}: two items have the series {item.series!r}."
    names = [account.name for account in accounts]
    for index, rule in enumerate(schedule.rules):
        place = ("retention", "rules", index)
        if rule.item not in ids:
            yield (f"{document.place((*place, 'item'))}: there is no item {rule.item!r}{suggestion(rule.item, ids)}; "
                   f"there are {', '.join(ids)}.")  # fmt: skip
        if rule.account is not None and rule.account not in names:
            yield (f"{document.place((*place, 'account'))}: there is no account {rule.account!r}"
                   f"{suggestion(rule.account, names)}.")  # fmt: skip
    last = schedule.rules[-1]
    if last.selectors:
        place = ("retention", "rules", len(schedule.rules) - 1)
        yield (f"{document.place(place)}: the last rule must match everything "
               "(only `item:`), so that no record is left without an item.")  # fmt: skip


def people_problems(
    people: list[Person], disposal: DisposalConfig, foia: FoiaConfig, document: Document
) -> Iterator[str]:
    users = [person.user for person in people]
    for index, user in enumerate(users):
        if user in users[:index]:
            yield f"{document.place(('people', index, 'user'))}: two people have the user name {user!r}."
    lists = [("disposal", part, getattr(disposal, part)) for part in ("first_approvers", "second_approvers")]
    lists += [("foia", part, getattr(foia, part)) for part in ("officers", "second_reviewers", "release_approvers")]
    for section, part, named in lists:
        for index, user in enumerate(named):
            if user not in users:
                yield (f"{document.place((section, part, index))}: there is nobody {user!r} among `people`"
                       f"{suggestion(user, users)}.")  # fmt: skip
    for index, user in enumerate(disposal.second_approvers):
        if user in disposal.first_approvers:
            yield (f"{document.place(('disposal', 'second_approvers', index))}: {user!r} is a first approver already; "
                   "a disposal needs two different people.")  # fmt: skip
