"""Sending mails by an account's own provider. A mail is written down before it goes out; one that may have gone out
when the process died is `uncertain`, and not sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from cordboard.domain.accounts.external_config import ExternalConfigService
from cordboard.domain.emails import repository
from cordboard.domain.emails.errors import UnsendableMailError
from cordboard.domain.emails.models import Email, ProviderRequest, SentEmail, State
from cordboard.domain.emails.providers.common import Provider
from cordboard.domain.emails.providers.hubspot import HubSpot
from cordboard.domain.emails.providers.mailgun import Mailgun
from cordboard.domain.emails.providers.sendgrid import SendGrid
from cordboard.domain.emails.settings import EmailProviderSettings
from cordboard.infra.db import Database, Tx
from cordboard.infra.http import GuardedClient, HttpError, HttpReply
from cordboard.kit.clock import Clock
from cordboard.kit.paging import Page

PROVIDERS: Final[Mapping[str, Provider]] = {"hubspot": HubSpot(), "mailgun": Mailgun(), "sendgrid": SendGrid()}
_KEPT_FOR: Final = timedelta(days=396)
_LONGEST_SHOWN: Final = 300
_TOO_MANY: Final = 429
_SERVER_FAILURE: Final = 500
_SUCCESS: Final = range(200, 300)


class Result(NamedTuple):
    """What became of a mail. `again`: it surely did not go out, and may be tried again."""

    state: State
    note: str
    again: bool = False


class EmailService:
    """The verbs. Sending opens its own transactions: none is open while a provider is asked."""

    def __init__(
        self,
        *,
        clock: Clock,
        database: Database,
        client: GuardedClient,
        config: ExternalConfigService,
        settings: EmailProviderSettings,
    ) -> None:
        self._clock = clock
        self._database = database
        self._client = client
        self._config = config
        self._settings = settings

    async def send(self, mail: Email) -> Result:
        """Sends a mail once; a repeat tells what became of it."""
        provider = PROVIDERS[mail.provider]
        async with self._database.transaction() as tx:
            config = await self._config.opened(tx, mail.account_id, mail.provider)
            is_new = await repository.claim(tx, _written(mail, self._clock))
            known = None if is_new else await repository.find(tx, mail.account_id, mail.key)
        if known is not None and known.state != "sending":
            return Result(known.state, known.error or known.provider_id)
        if known is not None and not provider.repeats_safely:
            return await self._finished(mail, "uncertain", error="the process died while it was being sent")
        try:
            request = _asked(provider, mail, config, self._settings)
        except UnsendableMailError as error:
            return await self._finished(mail, "failed", error=str(error))
        return await self._sent(provider, mail, request)

    async def page(self, tx: Tx, account_id: UUID, run_id: UUID | None, wanted: Page) -> list[SentEmail]:
        """The account's mails, or a run's, the newest first."""
        return await repository.page(tx, account_id, run_id, wanted)

    async def forget_old(self, tx: Tx) -> None:
        """Removes mails past the time that logs are kept; for the upkeep."""
        await repository.forget(tx, self._clock.now() - _KEPT_FOR)

    async def _sent(self, provider: Provider, mail: Email, request: ProviderRequest) -> Result:
        headers = {"Authorization": request.authorization, "Content-Type": request.content_type}
        try:
            reply = await self._client.request("POST", request.url, headers=headers, body=request.body)
        except HttpError as error:
            if error.sent and not provider.repeats_safely:
                return await self._finished(mail, "uncertain", error=f"no answer: {error.reason}")
            return await self._withdrawn(mail, f"not reached: {error.reason}")
        if reply.status in _SUCCESS:
            provider_id = provider.id_of(reply.headers, _json(reply))
            return await self._finished(mail, "sent", provider_id=provider_id)
        reason = f"{mail.provider} answered {reply.status}: {_shown(reply)}"
        if reply.status == _TOO_MANY or reply.status >= _SERVER_FAILURE:
            return await self._withdrawn(mail, reason)
        return await self._finished(mail, "failed", error=reason)

    async def give_up(self, mail: Email, reason: str) -> Result:
        """A mail that was tried long enough has failed."""
        async with self._database.transaction() as tx:
            await repository.claim(tx, _written(mail, self._clock))
        return await self._finished(mail, "failed", error=reason)

    async def _withdrawn(self, mail: Email, reason: str) -> Result:
        async with self._database.transaction() as tx:
            await repository.withdraw(tx, mail.account_id, mail.key)
        return Result("failed", reason, again=True)

    async def _finished(self, mail: Email, state: State, *, provider_id: str = "", error: str = "") -> Result:
        async with self._database.transaction() as tx:
            await repository.finish(
                tx,
                mail.account_id,
                mail.key,
                state,
                provider_id=provider_id,
                error=error,
                at=self._clock.now(),
            )
        return Result(state, error or provider_id)


def _asked(
    provider: Provider, mail: Email, config: Mapping[str, str], settings: EmailProviderSettings
) -> ProviderRequest:
    """Raises UnsendableMailError."""
    if "@" not in mail.recipient:
        raise UnsendableMailError("the contact has no email")
    return provider.request(mail, config, settings)


def _written(mail: Email, clock: Clock) -> SentEmail:
    return SentEmail(
        account_id=mail.account_id,
        key=mail.key,
        run_id=mail.run_id,
        campaign_id=mail.campaign_id,
        provider=mail.provider,
        recipient=mail.recipient,
        created_at=clock.now(),
    )


def _json(reply: HttpReply) -> object:
    try:
        return msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _shown(reply: HttpReply) -> str:
    return reply.body[:_LONGEST_SHOWN].decode("utf-8", "replace").replace("\0", "")
