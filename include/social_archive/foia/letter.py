"""The letter to the FOIA officer: a comment may be a request, and by when it must be answered. At once, and once.

It names accounts, ids and dates, never what somebody wrote. That it was sent is an entry of the ledger, so every worker
knows; a comment whose words change into another request is told again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from social_archive.foia.alerts import Alert, of_archive
from social_archive.ledger import EMPTY, Draft, HeadMoved

if TYPE_CHECKING:
    from social_archive.archive import Archive

TOLD: Final = "foia.told"


def untold(archive: Archive) -> list[Alert]:
    """Open alerts that the FOIA officer was not written of, what is due first on top."""
    archive.catalog.catch_up()
    told = _told(archive)
    return [alert for alert in of_archive(archive) if alert.status == "open" and alert.finding not in told]


def record(archive: Archive, alerts: Sequence[Alert]) -> None:
    """Write down that the officer was told of these, however often this is called."""
    wanted = sorted(alert.finding for alert in alerts)
    draft = Draft(TOLD, archive.txn(TOLD, *wanted), note={"findings": wanted})
    began = (archive.catalog.catch_up() or EMPTY).n
    while not _told(archive).issuperset(wanted):
        with contextlib.suppress(HeadMoved):  # somebody else wrote first: look again whether it was this
            archive.ledger.append(draft, archive.catalog.head or EMPTY, since=began)
        archive.catalog.catch_up()


def _told(archive: Archive) -> set[str]:
    return {finding for note in archive.catalog.walks.notes(TOLD) for finding in note["findings"]}


def subject(alerts: Sequence[Alert]) -> str:
    dates = [alert.due.safe for alert in alerts if alert.due is not None]
    what = f"{len(alerts):,} possible request{'' if len(alerts) == 1 else 's'} for records"
    return f"{what}, first answer due {min(dates)}" if dates else what


def html(archive: Archive, alerts: Sequence[Alert]) -> str:
    """The letter. Its look stands in its tags, since mailboxes drop style sheets."""
    rows = "".join(
        f"<tr style='border-top:1px solid #ccc'><td>{escape(alert.platform)}/{escape(alert.account)}</td>"
        f"<td>{alert.received}</td><td>{_due(alert)}</td><td><code>{alert.finding[:12]}</code></td></tr>"
        for alert in alerts
    )
    return (
        f"<h2>{escape(archive.agency.body.name)}: possible requests for records</h2>"
        "<p>The words of these comments or messages may make them requests for public records. If one is, its period "
        "began when it was posted. Whether it is, you decide.</p>"
        "<table cellpadding='6' style='border-collapse:collapse;text-align:left'>"
        f"<tr><th>account</th><th>received</th><th>answer by</th><th>finding</th></tr>{rows}</table>"
        "<p>Read them: <code>archive foia alerts</code>. Say what they are: <code>archive foia answer FINDING</code>. "
        "The dates are counted from the law as the archive has it, and are no legal advice.</p>"
    )


def _due(alert: Alert) -> str:
    if alert.due is None:
        return "no law of requests is written down"
    return f"{alert.due.safe}" + (f" ({alert.due.date} if every holiday counts)" if alert.due.is_disputed else "")
