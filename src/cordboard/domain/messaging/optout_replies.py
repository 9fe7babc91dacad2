"""STOP, HELP and START: what they do and what the person is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import structlog

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.settings import AccountSettings
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.messaging.drafts import SendRequest
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.use_cases.accept_messages import AcceptMessages
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.infra.db import Tx
from cordboard.kit.errors import CordboardError

Word = Literal["stop", "start", "help"]

_STOP_REPLY: Final = "You are unsubscribed and will receive no further messages. Reply START to receive messages again."
_START_REPLY: Final = "You are subscribed and can receive messages again. Reply STOP to unsubscribe, HELP for help."
_HELP_REPLY: Final = "Reply STOP to unsubscribe. Message and data rates may apply."
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OptOutReplies:
    """The verb. A confirmation is sent once for each change, and is billed like any message."""

    accounts: AccountService
    compliance: ComplianceService
    accept: AcceptMessages

    async def __call__(self, tx: Tx, record: MessageRecord, number: OwnedNumber, word: Word) -> None:
        """Carries out what an inbound `record` asks for, and answers it."""
        settings = await self.accounts.settings(tx, record.account_id)
        text = await self._carry_out(tx, record, settings, word)
        if text is None:
            return
        request = SendRequest(
            account_id=record.account_id,
            parent_account_id=record.parent_account_id,
            to=record.sender,
            sender=number.phone_number,
            text=text,
            gated=False,
            request_id=record.request_id,
        )
        (result,) = await self.accept(tx, [request])
        if isinstance(result, CordboardError):
            _log.warning("optout.reply_refused", account=str(record.account_id), reason=str(result))

    async def _carry_out(self, tx: Tx, record: MessageRecord, settings: AccountSettings, word: Word) -> str | None:
        """The text to answer with; None when nothing changed and so nothing is said."""
        person = (record.account_id, record.sender)
        if word == "help":
            return settings.help_reply or _HELP_REPLY
        if word == "stop":
            (changed,) = await self.compliance.opt_out(tx, [person])
            return (settings.stop_reply or _STOP_REPLY) if changed else None
        (changed,) = await self.compliance.opt_in(tx, [person])
        return (settings.start_reply or _START_REPLY) if changed else None
