"""Mail, sent by a job after the transaction that asked for it."""

import smtplib
import ssl
import uuid
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from flask import current_app

from . import jobs

TIMEOUT = 20


def is_configured() -> bool:
    """Whether this installation can send mail."""
    return bool(current_app.config["WARD"].smtp_url)


def send_later(workspace_id: uuid.UUID, to: str, subject: str, text: str) -> None:
    """Queue a mail in the caller's transaction; only where `is_configured()`."""
    jobs.defer("mail.send", workspace_id, to=to, subject=subject, text=text)


@jobs.task("mail.send")
def send(to: str, subject: str, text: str) -> None:
    """Send one mail through the configured server."""
    config = current_app.config["WARD"]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = config.mail_from, to, subject
    message.set_content(text)
    with _server(config.smtp_url) as server:
        server.send_message(message)


def _server(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, safe = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=TIMEOUT, context=safe
        )
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
        if parts.scheme == "smtp+starttls":
            server.starttls(context=safe)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server
