"""Where phones can be reached, and webphone users: signed in, available, in a call (requests 159 to 161)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.phones import repository
from cordboard.domain.phones.errors import TooManyPhonesError, WebphoneUserNotFoundError
from cordboard.domain.phones.events import STATUS_CHANGED, StatusEvent
from cordboard.domain.phones.models import (
    AVAILABLE,
    UNAVAILABLE,
    Binding,
    Webphone,
    WebphoneState,
    WebphoneUser,
)
from cordboard.domain.phones.ports import PhoneNumbers
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock
from cordboard.kit.ids import parse_uuid

MOST_BINDINGS: Final = 10
"""How many addresses a phone may have at once."""


class RegistrationService:
    """The verbs. A browser phone's first registration signs its user in, the end of the last one signs the user out."""

    def __init__(self, clock: Clock, accounts: AccountService, numbers: PhoneNumbers) -> None:
        self._clock = clock
        self._accounts = accounts
        self._numbers = numbers

    async def register(self, tx: Tx, binding: Binding) -> None:
        """Adds or renews a registration of a phone that has proved who it is. Raises TooManyPhonesError."""
        await repository.lock_user(tx, binding.account_id, binding.user_name)
        present = await self.bindings(tx, binding.account_id, [binding.user_name])
        others = [one for one in present if one.contact != binding.contact]
        if len(others) >= MOST_BINDINGS:
            raise TooManyPhonesError(f"{binding.user_name} is registered at {MOST_BINDINGS} addresses already")
        await repository.put_binding(tx, binding)
        if binding.browser and (client_id := parse_uuid(binding.user_name)):
            await self._sign_in(tx, binding.account_id, client_id)

    async def unregister(self, tx: Tx, account_id: UUID, user_name: str, contact: str | None = None) -> None:
        """Ends a registration, or (None) all of a phone's."""
        await repository.lock_user(tx, account_id, user_name)
        await repository.delete_bindings(tx, account_id, user_name, contact)
        await self._sign_out(tx, [(account_id, user_name)])

    async def expire(self, tx: Tx, dead_nodes: Sequence[str] = ()) -> None:
        """Ends registrations that were not renewed in time, and those that dead voice processes held; for a timer."""
        await self._sign_out(tx, await repository.delete_lapsed(tx, self._clock.now(), dead_nodes))

    async def bindings(self, tx: Tx, account_id: UUID, users: Sequence[str]) -> list[Binding]:
        """Where phones can be reached now, the latest registration first."""
        return await repository.bindings_of(tx, account_id, users, self._clock.now())

    async def users(self, tx: Tx, account_id: UUID, status: WebphoneState | None = None) -> list[WebphoneUser]:
        """Everybody who has used a webphone or has its number."""
        return await self._shown(tx, account_id, await repository.webphones_of(tx, account_id, status))

    async def user(self, tx: Tx, account_id: UUID, client_id: UUID) -> WebphoneUser:
        """One user; who has never used a webphone is unavailable. Raises WebphoneUserNotFoundError."""
        await self._require(tx, account_id, client_id)
        found = await repository.find_webphone(tx, account_id, client_id)
        (shown,) = await self._shown(tx, account_id, [found or Webphone(account_id=account_id, client_id=client_id)])
        return shown

    async def enrol(self, tx: Tx, account_id: UUID, client_id: UUID) -> None:
        """Makes somebody a webphone user. Raises WebphoneUserNotFoundError."""
        await self._require(tx, account_id, client_id)
        await repository.add_webphone(tx, Webphone(account_id=account_id, client_id=client_id))

    async def set_status(self, tx: Tx, account_id: UUID, client_id: UUID, status: WebphoneState) -> WebphoneUser:
        """Changes a user's status by hand. Raises WebphoneUserNotFoundError."""
        present = await self._locked(tx, account_id, client_id)
        if present.status != status:
            await self._write(tx, replace(present, status=status), told=True)
        return await self.user(tx, account_id, client_id)

    async def on_call(
        self, tx: Tx, account_id: UUID, client_id: UUID, call_id: UUID, conf_id: UUID | None = None
    ) -> None:
        """Notes the call, and the conference, that a user is in. Raises WebphoneUserNotFoundError."""
        present = await self._locked(tx, account_id, client_id)
        await self._write(tx, replace(present, call_id=call_id, conf_id=conf_id), told=False)

    async def off_call(self, tx: Tx, account_id: UUID, client_id: UUID, call_id: UUID) -> None:
        """Notes that a call of a user is over; another one that has begun meanwhile stays noted."""
        present = await repository.find_webphone(tx, account_id, client_id, lock=True)
        if present is not None and present.call_id == call_id:
            await self._write(tx, replace(present, call_id=None, conf_id=None), told=False)

    async def _sign_in(self, tx: Tx, account_id: UUID, client_id: UUID) -> None:
        present = await self._locked(tx, account_id, client_id)
        if present.login_at is None:
            await self._write(tx, replace(present, login_at=self._clock.now(), status=AVAILABLE), told=True)

    async def _sign_out(self, tx: Tx, phones: Sequence[tuple[UUID, str]]) -> None:
        for account_id, user_name in phones:
            client_id = parse_uuid(user_name)
            if client_id is None or await self.bindings(tx, account_id, [user_name]):
                continue
            present = await repository.find_webphone(tx, account_id, client_id, lock=True)
            if present is not None and present.login_at is not None:
                await self._write(tx, replace(present, login_at=None, status=UNAVAILABLE), told=True)

    async def _require(self, tx: Tx, account_id: UUID, client_id: UUID) -> None:
        if client_id not in await self._accounts.usernames(tx, account_id, [client_id]):
            raise WebphoneUserNotFoundError("clientId")

    async def _locked(self, tx: Tx, account_id: UUID, client_id: UUID) -> Webphone:
        await self.enrol(tx, account_id, client_id)
        found = await repository.find_webphone(tx, account_id, client_id, lock=True)
        if found is None:
            raise WebphoneUserNotFoundError("clientId")
        return found

    async def _write(self, tx: Tx, changed: Webphone, *, told: bool) -> None:
        now = self._clock.now()
        await repository.update_webphone(tx, replace(changed, last_action_at=now))
        if told:
            await append(
                tx, [Event(STATUS_CHANGED, changed.account_id, str(changed.client_id), _payload(changed), now)]
            )

    async def _shown(self, tx: Tx, account_id: UUID, webphones: Sequence[Webphone]) -> list[WebphoneUser]:
        ids = [one.client_id for one in webphones]
        names = await self._accounts.usernames(tx, account_id, ids)
        numbers = await self._numbers.assigned(tx, account_id, ids)
        nodes = await repository.nodes_of(tx, account_id, [str(one) for one in ids], self._clock.now())
        return [
            WebphoneUser(
                webphone=one,
                username=names.get(one.client_id, ""),
                number=numbers[one.client_id].phone_number if one.client_id in numbers else "",
                number_set_id=numbers[one.client_id].number_set_id if one.client_id in numbers else None,
                nodes=nodes.get(str(one.client_id), ()),
            )
            for one in webphones
        ]


def _payload(changed: Webphone) -> dict[str, Any]:
    told = StatusEvent(
        account_sid=str(changed.account_id),
        client_id=str(changed.client_id),
        status=changed.status,
        logged_in=changed.login_at is not None,
    )
    payload: dict[str, Any] = msgspec.to_builtins(told)
    return payload
