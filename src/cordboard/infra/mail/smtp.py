"""Mail by SMTP (RFC 5321)."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from cordboard.infra.mail.message import Mail
from cordboard.infra.mail.port import MailRefusedError
from cordboard.infra.mail.settings import SmtpSettings
from cordboard.kit.clock import Clock

_TIMEOUT: Final = 20.0
_PORTS: Final = {"smtp": 587, "smtps": 465}
_PERMANENT: Final = 500


def compose(mail: Mail, sender: str, message_id: str, sent_at: float) -> EmailMessage:
    """The message to put on the wire. A line break in an address or a subject is taken out."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = " ".join(mail.to.split())
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = formatdate(sent_at)
    message["Message-ID"] = message_id
    message.set_content(mail.text)
    return message


class SmtpMailer:
    """Carries mails to the server that the settings name."""

    def __init__(self, settings: SmtpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def send(self, mail: Mail, message_id: str) -> None:
        """Hands `mail` over. Raises MailRefusedError, OSError."""
        url = urlsplit(self._settings.url)
        message = compose(mail, self._settings.sender, message_id, self._clock.now().timestamp())
        try:
            await aiosmtplib.send(
                message,
                hostname=url.hostname,
                port=url.port or _PORTS[url.scheme],
                username=unquote(url.username) if url.username else None,
                password=unquote(url.password) if url.password else None,
                use_tls=url.scheme == "smtps",
                timeout=_TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            raise _judged(min(codes, default=_PERMANENT), str(error)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _judged(error.code, error.message) from error
        except aiosmtplib.SMTPException as error:
            raise OSError(str(error)) from error


def _judged(code: int, words: str) -> Exception:
    return MailRefusedError(f"{code} {words}") if code >= _PERMANENT else OSError(f"{code} {words}")
