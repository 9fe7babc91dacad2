"""What carries mail."""

from __future__ import annotations

from typing import Protocol

from cordboard.infra.mail.message import Mail


class MailRefusedError(Exception):
    """The server will never take this mail: there is no such address, or it takes nothing from us."""


class Mailer(Protocol):
    """Carries mails."""

    async def send(self, mail: Mail, message_id: str) -> None:
        """Hands `mail` over; `message_id` is the same at every attempt. Raises MailRefusedError, or OSError when
        another attempt may go better.
        """
        ...
