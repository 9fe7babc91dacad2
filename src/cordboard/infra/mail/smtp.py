"""Mail by SMTP (RFC 5321)."""

from __future__ import annotations

import asyncio
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final
from urllib.parse import unquote

import aiosmtplib

from cordboard.infra.mail.address import parse_address
from cordboard.infra.mail.message import Mail
from cordboard.infra.mail.port import MailRefusedError
from cordboard.infra.mail.settings import SmtpSettings
from cordboard.kit.clock import Clock

_TIMEOUT: Final = 20.0
"""How long a server may take over one answer."""
_IN_ALL: Final = 60.0
"""How long it may take over a mail: less than a job's lease."""
_CONNECTIONS: Final = 8
PORTS: Final = {"smtp": 587, "smtps": 465}
"""Where servers listen, by the scheme of their URL."""

_PERMANENT: Final = 500
_NO_ADDRESS: Final = "the recipient is not an e-mail address"


def compose(mail: Mail, sender: str, message_id: str, sent_at: float) -> EmailMessage:
    """The message to put on the wire. What would end a header's line is taken out. Raises MailRefusedError when its
    recipient is not one address.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = _recipient(mail)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = formatdate(sent_at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is answered to us (RFC 3834)
    message.set_content(mail.text.encode("utf-8", "replace").decode())
    return message


class SmtpMailer:
    """Carries mails to the server that the settings name. `tls_context` instead of the system's, for servers whose
    certificates it does not know.
    """

    def __init__(self, settings: SmtpSettings, clock: Clock, tls_context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._tls_context = tls_context
        self._connections = asyncio.Semaphore(_CONNECTIONS)

    async def send(self, mail: Mail, message_id: str) -> None:
        """Hands `mail` over. Raises MailRefusedError when the server will not take it, or OSError."""
        message = compose(mail, self._settings.sender, message_id, self._clock.now().timestamp())
        async with self._connections, asyncio.timeout(_IN_ALL):
            try:
                async with connection(self._settings, self._tls_context) as client:
                    await client.send_message(message, recipients=[_recipient(mail)])
            except aiosmtplib.SMTPRecipientsRefused as error:
                refusal = error.recipients[0]
                raise _judged(refusal.code, refusal.message) from error
            except aiosmtplib.SMTPDataError as error:
                raise _judged(error.code, error.message) from error
            except aiosmtplib.SMTPException as error:
                # Whatever it has against us (password, sender, host name) is not this mail's fault, and can be put
                # right while the mail waits.
                raise OSError(f"{type(error).__name__}: {error}") from error


def connection(settings: SmtpSettings, tls_context: ssl.SSLContext | None = None) -> aiosmtplib.SMTP:
    """A connection to the server, not opened: encrypted and signed in to as the settings say once it is."""
    url = settings.parts
    at_once = url.scheme == "smtps"
    where_offered = None if settings.starttls in ("auto", "offered") else False
    return aiosmtplib.SMTP(
        hostname=url.hostname,
        port=url.port or PORTS[url.scheme],
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password or "") if url.username else None,
        use_tls=at_once,
        start_tls=False if at_once else (settings.must_encrypt or where_offered),
        validate_certs=settings.tls_verify and settings.must_encrypt,
        tls_context=tls_context,
        timeout=_TIMEOUT,
    )


def _recipient(mail: Mail) -> str:
    address = parse_address(mail.to)
    if address is None:
        raise MailRefusedError(_NO_ADDRESS)
    return address


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _judged(code: int, words: str) -> Exception:
    return MailRefusedError(f"{code} {words}") if code >= _PERMANENT else OSError(f"{code} {words}")
