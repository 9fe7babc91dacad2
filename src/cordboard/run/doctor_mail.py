"""What `cordboard doctor` finds out about mail."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import aiosmtplib

from cordboard.infra.mail.settings import SmtpSettings
from cordboard.infra.mail.smtp import PORTS, connection
from cordboard.run.findings import Finding
from cordboard.run.platform import MAIL_FOLDER
from cordboard.run.settings import Settings

_CONNECT_SECONDS: Final = 10.0


async def mail_finding(settings: Settings) -> Finding:
    """Where mails go; when that is a server, whether it takes the sign-in. Nothing is sent."""
    if not settings.smtp.url:
        return _sink(settings.data_path / MAIL_FOLDER)
    return await _server(settings.smtp)


def _sink(folder: Path) -> Finding:
    waiting = sum(1 for _ in folder.glob("*.eml"))
    text = f"no server is set: mails are kept in {folder}"
    if not waiting:
        return Finding("mail", "good", text)
    fix = "set smtp.url, then send on or remove the files there"
    return Finding("mail", "warning", f"{text}, where {waiting} wait{'s' if waiting == 1 else ''}", fix)


async def _server(smtp: SmtpSettings) -> Finding:
    server = f"{smtp.parts.hostname} port {smtp.parts.port or PORTS[smtp.parts.scheme]}"
    try:
        async with asyncio.timeout(_CONNECT_SECONDS), connection(smtp) as client:
            encrypted = " over TLS" if client.get_transport_info("sslcontext") else ""
    except aiosmtplib.SMTPAuthenticationError as error:
        return Finding("mail", "bad", f"{server} refuses the sign-in: {error.message}", "check smtp.url")
    except (aiosmtplib.SMTPException, OSError) as error:
        text = f"no connection to {server}: {str(error) or 'no answer'}"
        return Finding("mail", "bad", text, "check smtp.url, smtp.starttls and smtp.tls_verify, and the firewall")
    return Finding("mail", "good", f"{server} takes mail{encrypted}")
