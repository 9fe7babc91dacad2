"""Where no SMTP server is set: mails as files in a folder, for whoever looks there."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from cordboard.infra.mail.message import Mail
from cordboard.infra.mail.smtp import compose
from cordboard.kit.clock import Clock


class MailSink:
    """Writes each mail as an `.eml` file; the same mail again is the same file."""

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    async def send(self, mail: Mail, message_id: str) -> None:
        """Keeps `mail`."""
        now = self._clock.now()
        data = bytes(compose(mail, self._sender, message_id, now.timestamp()))
        digest = hashlib.sha256(message_id.encode()).hexdigest()[:12]
        await asyncio.to_thread(self._write, f"{now:%Y%m%dT%H%M%S}-{digest}.eml", data)

    def _write(self, name: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f".{name}"
        partial.write_bytes(data)
        partial.replace(self._folder / name)
