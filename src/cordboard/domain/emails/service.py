"""Sending mails by an account's own provider. A mail is written down before it goes out; one that may have gone out
when the process died is `uncertain`, and not sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.accounts.external_config import ExternalConfigService
from cordboard.domain.emails import repository
from cordboard.domain.emails.errors import UnsendableMailError
from cordboard.domain.emails.models import Address, Email, EmailFilter, ProviderRequest, SentEmail, State
from cordboard.domain.emails.providers.common import Provider
from cordboard.domain.emails.providers.hubspot import HubSpot
from cordboard.domain.emails.providers.mailgun import Mailgun
from cordboard.domain.emails.providers.sendgrid import SendGrid
from cordboard.domain.emails.settings import EmailProviderSettings
from cordboard.infra.db import Database, Tx
from cordboard.infra.http import GuardedClient, HttpError, HttpReply
from cordboard.infra.mail.address import parse_address
from cordboard.kit.clock import Clock
from cordboard.kit.paging import Page
from cordboard.kit.secrets import UnsealError

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
            is_new = await repository.claim(tx, _written(mail, self._clock))
            known = None if is_new else await repository.find(tx, mail.account_id, mail.key)
        if known is not None and known.state != "sending":
            return Result(known.state, known.error or known.provider_id)
        if known is not None and not provider.repeats_safely:
            return await self._finished(mail, "uncertain", error="the process died while it was being sent")
        try:
            request = provider.request(addressed(mail), await self._config_for(mail), self._settings)
        except UnsendableMailError as error:
            return await self._finished(mail, "failed", error=str(error))
        return await self._sent(provider, mail, request, is_new=is_new)

    async def give_up(self, mail: Email, reason: str) -> Result:
        """Ends a mail that was tried long enough. It has failed, unless an earlier try may have gone out."""
        async with self._database.transaction() as tx:
            state: State = "failed" if await repository.claim(tx, _written(mail, self._clock)) else "uncertain"
            await self._finish(tx, mail, state, error=reason)
        return Result(state, reason)

    async def page(self, tx: Tx, account_id: UUID, wanted: EmailFilter, page: Page) -> list[SentEmail]:
        """The account's mails, the newest first."""
        return await repository.page(tx, account_id, wanted, page)

    async def forget_old(self, tx: Tx) -> None:
        """Removes mails past the time that logs are kept; for the upkeep."""
        await repository.forget(tx, self._clock.now() - _KEPT_FOR)

    async def _config_for(self, mail: Email) -> dict[str, str]:
        """Raises UnsendableMailError."""
        async with self._database.connection() as connection:
            try:
                return await self._config.opened(connection, mail.account_id, mail.provider)
            except UnsealError as error:
                raise UnsendableMailError(
                    f"what the account keeps for {mail.provider} cannot be unsealed here: set it again"
                ) from error

    async def _sent(self, provider: Provider, mail: Email, request: ProviderRequest, *, is_new: bool) -> Result:
        headers = {"Authorization": request.authorization, "Content-Type": request.content_type}
        try:
            reply = await self._client.request(
                "POST", request.url, headers=headers, body=request.body, follow_redirects=False
            )
        except HttpError as error:
            if not error.sent:
                return await self._again(mail, f"not reached: {error.reason}", withdrawn=is_new)
            reason = f"no answer: {error.reason}"
            if provider.repeats_safely:
                return await self._again(mail, reason, withdrawn=False)
            return await self._finished(mail, "uncertain", error=reason)
        if reply.status in _SUCCESS:
            taken = provider.taken(reply.headers, _json(reply))
            state: State = "failed" if taken.refusal else "sent"
            provider_id, refusal = _shown(taken.provider_id, request), _shown(taken.refusal, request)
            return await self._finished(mail, state, provider_id=provider_id, error=refusal)
        said = _shown(reply.body.decode("utf-8", "replace"), request)
        reason = f"{mail.provider} answered {reply.status}: {said}"
        if reply.status == _TOO_MANY or reply.status >= _SERVER_FAILURE:
            return await self._again(mail, reason, withdrawn=is_new)
        return await self._finished(mail, "failed", error=reason)

    async def _again(self, mail: Email, reason: str, *, withdrawn: bool) -> Result:
        """To be tried again. What stays in the ledger may have gone out, and tells `give_up` so."""
        if withdrawn:
            async with self._database.transaction() as tx:
                await repository.withdraw(tx, mail.account_id, mail.key)
        return Result("failed", reason, again=True)

    async def _finished(self, mail: Email, state: State, *, provider_id: str = "", error: str = "") -> Result:
        async with self._database.transaction() as tx:
            await self._finish(tx, mail, state, provider_id=provider_id, error=error)
        return Result(state, error or provider_id)

    async def _finish(self, tx: Tx, mail: Email, state: State, *, provider_id: str = "", error: str = "") -> None:
        await repository.finish(
            tx, mail.account_id, mail.key, state, provider_id=provider_id, error=error, at=self._clock.now()
        )


def addressed(mail: Email) -> Email:
    """The mail with each address as the wire has it, and none twice: SendGrid takes no mail that has one twice. Raises
    UnsendableMailError.
    """
    if not mail.recipient:
        raise UnsendableMailError("the contact has no email")
    recipient = _checked(mail.recipient, "the contact's email")
    seen = {recipient.casefold()}
    cc, bcc = _unseen(mail.cc, "cc", seen), _unseen(mail.bcc, "bcc", seen)
    sender = mail.sender and replace(mail.sender, email=_checked(mail.sender.email, "from"))
    return replace(mail, recipient=recipient, cc=cc, bcc=bcc, sender=sender)


def _unseen(given: Sequence[Address], what: str, seen: set[str]) -> tuple[Address, ...]:
    kept = []
    for one in given:
        email = _checked(one.email, what)
        if email.casefold() not in seen:
            seen.add(email.casefold())
            kept.append(replace(one, email=email))
    return tuple(kept)


def _checked(text: str, what: str) -> str:
    address = parse_address(text)
    if address is None:
        raise UnsendableMailError(f"{what} {text[:80]!r} is no e-mail address")
    return address


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


def _shown(said: str, request: ProviderRequest) -> str:
    """What a provider said, on a line, without the secrets, which some servers repeat."""
    for secret in (request.authorization.rpartition(" ")[2], request.secret):
        said = said.replace(secret, "***")
    return "".join(filter(str.isprintable, " ".join(said.split())))[:_LONGEST_SHOWN]
