"""The digest in words: lines for a log or a terminal, a letter for a mailbox. Everything is escaped."""

from __future__ import annotations

from datetime import datetime
from html import escape

from social_archive.digest import Digest, Matter


def subject(d: Digest) -> str:
    """Counts only: subjects are shown on locked screens."""
    accounts = len({matter.account for matter in d.matters})
    verb = "account needs" if accounts == 1 else "accounts need"
    return f"Social records: {accounts} {verb} a person" + (f" ({d.new} new)" if d.new else "")


def lines(d: Digest) -> list[str]:
    """One line a matter."""
    return [f"{'new, ' if m.new else ''}{m.account}: {m.what} {age(m, d.at)} To do: {m.remedy}" for m in d.matters]


def html(d: Digest) -> str:
    """The letter. Its look stands in its tags, since mailboxes drop style sheets."""
    parts = [f"<h2>{escape(d.body)}: social records</h2>", f"<p>{escape(subject(d))}, {d.day}.</p>"]
    for title, matters in (
        ("New", [m for m in d.matters if m.new]),
        ("Still so", [m for m in d.matters if not m.new]),
    ):
        if matters:
            parts += [f"<h3>{title}</h3>", "<table cellpadding='6' style='border-collapse:collapse'>"]
            parts += [_row(m, d.at) for m in matters]
            parts.append("</table>")
    parts.append(
        "<p style='color:#555'>One digest a day. An account that waits harms no other one, and what could not be seen "
        "is on record as a gap. The same list: <code>archive digest</code>.</p>"
    )
    return "\n".join(parts)


def _row(m: Matter, now: datetime) -> str:
    return (
        "<tr style='border-top:1px solid #ccc;vertical-align:top'>"
        f"<td><b>{escape(m.account)}</b><br><span style='color:#555'>{escape(age(m, now))}</span></td>"
        f"<td>{escape(m.what)}<br><i>To do:</i> {escape(m.remedy)}</td></tr>"
    )


def age(m: Matter, now: datetime) -> str:
    """How long it has been so, as a sentence."""
    if m.since is None:
        return "Since when is not known."
    days = (now - m.since).days
    return f"Since {m.since:%Y-%m-%d}" + (f", {days} day{'' if days == 1 else 's'}." if days > 0 else ".")
