"""Who acts: every decision about records carries a name, and where agency.yaml names people, it is one of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from social_archive.errors import ArchiveError

if TYPE_CHECKING:
    from social_archive.archive import Archive

UNATTENDED: Final = "schedule"
"""Who acts in a scheduled run without a person."""


def acting(archive: Archive, user: str, refusal: type[ArchiveError], *, unattended: bool = False) -> str:
    """The user name of who acts. Raises `refusal` for nobody, or for somebody whom agency.yaml does not name.

    `unattended`: a scheduled run may do this by itself.
    """
    user = user.strip()
    people = archive.agency.people
    if user and (not people or archive.agency.person(user) is not None or (unattended and user == UNATTENDED)):
        return user
    names = ", ".join(person.user for person in people)
    raise refusal(
        f"There is nobody {user!r} among the people of agency.yaml." if user else "It must be said who acts.",
        remedy=f"Name one of them: --by {names}" if names else "Give a user name: --by NAME",
    )
