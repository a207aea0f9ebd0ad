"""What the tests of people's decisions share: a comment policy, a comment that a check points at, a reason."""

from __future__ import annotations

from social_archive.archive import Archive
from tests.social_archive.retention.scenes import another

ASKS = "Under FOIA I request all invoices (invented)"
REASON = "Read in its thread; the words answer the library's own question (invented)."

POLICY = """policy:
  version: "7"
  title: Comments (invented)
  source: invented
  clauses:
    - {id: advertising, text: Advertisements (invented)}
    - {id: off-topic, text: Off-topic comments (invented)}
"""


def policy(archive: Archive) -> Archive:
    """The same archive with a comment policy of two clauses."""
    (archive.agency.folder / "policy.yaml").write_text(POLICY)
    return another(archive, archive.state)


def rid_of(archive: Archive, native_id: str) -> str:
    """The record's id behind the platform's."""
    return archive.catalog.latest("mastodon", "larkspur", [native_id])[native_id].rid
