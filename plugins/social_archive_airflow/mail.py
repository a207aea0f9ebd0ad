"""Mail through Airflow's SMTP notifier, for whoever set up a connection for it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

CONNECTION = "smtp_default"


def send(to: str | None, subject: str, html: str, context: Any) -> str | None:
    """Send one letter; returns why none could be sent, or None. A server that does not answer raises: it is retried.

    The notifier is called directly, so nothing in the letter is taken for a template.
    """
    if to is None:
        return "agency.yaml names nobody: neither `digest: {to: …}` nor `agency: contact_email:`"
    try:
        sender = BaseHook.get_connection(CONNECTION).extra_dejson.get("from_email")
    except AirflowNotFoundException:
        return f"Airflow has no connection {CONNECTION!r} (Admin, Connections, type SMTP)"
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    letter = SmtpNotifier(to=to, from_email=sender or to, subject=subject, html_content=html, smtp_conn_id=CONNECTION)
    letter.notify(context)
    return None
