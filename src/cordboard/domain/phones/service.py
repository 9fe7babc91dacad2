"""SIP phones: made, changed, authenticated, found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.phones import repository
from cordboard.domain.phones.digests import ha1_md5, ha1_sha256, password_problems
from cordboard.domain.phones.errors import PhoneNotFoundError, TooManyPhonesError
from cordboard.domain.phones.models import FoundPhone, PhoneChanges, PhoneCredentials, SipPhone
from cordboard.domain.phones.ports import PhoneNumbers
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import Ids, parse_uuid
from cordboard.kit.phone import parse_number
from cordboard.kit.secrets import KeyRing

_USERNAME: Final = re.compile(r"(?=.*[a-z])[a-z0-9._-]{3,64}")
_EXTENSION: Final = re.compile(r"[0-9]{2,6}", re.ASCII)
_LONGEST_NAME: Final = 255
_MOST_PHONES: Final = 5000
_PASSWORD_BYTES: Final = 18


class PhoneService:
    """The verbs of SIP phones. `realm` is the registrar's: the kept digests hold for it alone."""

    def __init__(
        self, *, clock: Clock, ids: Ids, keys: KeyRing, accounts: AccountService, numbers: PhoneNumbers, realm: str
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._keys = keys
        self._accounts = accounts
        self._numbers = numbers
        self._realm = realm

    async def all_of(self, tx: Tx, account_id: UUID) -> list[SipPhone]:
        """The account's phones."""
        return await repository.phones_of(tx, account_id)

    async def get(self, tx: Tx, account_id: UUID, username: str) -> SipPhone:
        """One of them. Raises PhoneNotFoundError."""
        return _found(await repository.find_phone(tx, account_id, username.lower()))

    async def add(self, tx: Tx, account_id: UUID, username: str, changes: PhoneChanges) -> tuple[SipPhone, str]:
        """A new phone and its password, which is not told again. Raises InvalidInputError, UsernameTakenError,
        ExtensionTakenError, TooManyPhonesError.
        """
        name = username.strip().lower()
        if not _USERNAME.fullmatch(name) or parse_uuid(name):
            text = (
                "must have 3 to 64 letters, digits, dots, hyphens or underscores, at least one letter, and be no UUID"
            )
            raise InvalidInputError.of("username", text)
        if await repository.count_phones(tx, account_id) >= _MOST_PHONES:
            raise TooManyPhonesError(f"an account may have {_MOST_PHONES} phones")
        password = changes.password or self._ids.token(_PASSWORD_BYTES)
        blank = SipPhone(
            username=name,
            account_id=account_id,
            ha1_md5_sealed="",
            ha1_sha256_sealed="",
            created_at=self._clock.now(),
        )
        new = await self._changed(tx, blank, replace(changes, password=password))
        await repository.insert_phone(tx, new)
        return new, password

    async def edit(self, tx: Tx, account_id: UUID, username: str, changes: PhoneChanges) -> SipPhone:
        """Changes what is given; a phone that is turned off, or has a new password, has to register anew. Raises
        PhoneNotFoundError, InvalidInputError, ExtensionTakenError.
        """
        present = _found(await repository.find_phone(tx, account_id, username.lower(), lock=True))
        changed = await self._changed(tx, present, changes)
        await repository.update_phone(tx, changed)
        if not changed.enabled or changes.password is not None:
            await repository.delete_bindings(tx, account_id, changed.username)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, username: str) -> SipPhone:
        """Removes a phone and its registrations. Raises PhoneNotFoundError."""
        present = await self.get(tx, account_id, username)
        await repository.delete_phone(tx, account_id, present.username)
        await repository.delete_bindings(tx, account_id, present.username)
        return present

    async def forget_caller_ids(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> None:
        """Leaves phones without a number to call from where the account no longer owns it."""
        await repository.clear_caller_ids(tx, account_id, numbers)

    async def credentials(self, tx: Tx, username: str) -> PhoneCredentials | None:
        """What a registrar checks a phone's answer with; None where there is no such phone, it is turned off, or its
        account is suspended. Raises UnsealError when the installation's keys are not those that sealed them.
        """
        phone = await repository.phone_of_anybody(tx, username)
        if phone is None or not phone.enabled or not (await self._accounts.get(tx, phone.account_id)).active:
            return None
        purpose = _purpose(phone)
        return PhoneCredentials(
            phone.account_id,
            phone.username,
            self._keys.open(phone.ha1_md5_sealed, purpose),
            self._keys.open(phone.ha1_sha256_sealed, purpose),
        )

    async def find(self, tx: Tx, account_id: UUID, user: str) -> FoundPhone | None:
        """Who is meant by a phone's user name or extension, or by a user's id (clientId), whose browser and SIP phones
        all count; None when nobody is.
        """
        client_id = parse_uuid(user)
        if client_id is not None:
            return await self._of_user(tx, account_id, client_id)
        phones = await repository.phones_named(tx, account_id, user)
        if not phones:
            return None
        phone = phones[0]
        return FoundPhone(
            account_id=account_id,
            users=(phone.username,),
            client_id=phone.client_id,
            display_name=phone.display_name,
            caller_id=phone.caller_id,
        )

    async def _of_user(self, tx: Tx, account_id: UUID, client_id: UUID) -> FoundPhone | None:
        names = await self._accounts.usernames(tx, account_id, [client_id])
        if client_id not in names:
            return None
        phones = await repository.phones_of_user(tx, account_id, client_id)
        assigned = (await self._numbers.assigned(tx, account_id, [client_id])).get(client_id)
        return FoundPhone(
            account_id=account_id,
            users=(str(client_id), *(phone.username for phone in phones)),
            client_id=client_id,
            display_name=names[client_id],
            caller_id=assigned.phone_number if assigned else "",
        )

    async def _changed(self, tx: Tx, present: SipPhone, changes: PhoneChanges) -> SipPhone:
        """The phone with the changes, checked. Raises InvalidInputError."""
        changed = replace(
            present,
            display_name=present.display_name if changes.display_name is None else changes.display_name.strip(),
            extension=present.extension if changes.extension is None else changes.extension.strip(),
            enabled=present.enabled if changes.enabled is None else changes.enabled,
        )
        errors = _problems(changed)
        if changes.client_id is not None:
            changed = replace(changed, client_id=parse_uuid(changes.client_id))
            errors += await self._user_problems(tx, changed, changes.client_id)
        if changes.caller_id is not None:
            changed = replace(changed, caller_id=parse_number(changes.caller_id) or "")
            errors += await self._caller_problems(tx, changed, changes.caller_id)
        if changes.password is not None:
            errors += password_problems(changes.password)
            changed = self._with_password(changed, changes.password)
        if errors:
            raise InvalidInputError(errors)
        return changed

    async def _user_problems(self, tx: Tx, phone: SipPhone, given: str) -> list[FieldError]:
        known = await self._accounts.usernames(tx, phone.account_id, [phone.client_id] if phone.client_id else [])
        if not given or phone.client_id in known:
            return []
        return [FieldError("clientId", 'is not the id of a user of this account; "" for nobody\'s phone')]

    async def _caller_problems(self, tx: Tx, phone: SipPhone, given: str) -> list[FieldError]:
        if not given or (phone.caller_id and await self._numbers.is_owned(tx, phone.account_id, phone.caller_id)):
            return []
        return [FieldError("callerId", f"{given[:40]!r} is not a number of this account")]

    def _with_password(self, phone: SipPhone, password: str) -> SipPhone:
        purpose = _purpose(phone)
        return replace(
            phone,
            ha1_md5_sealed=self._keys.seal(ha1_md5(phone.username, self._realm, password), purpose),
            ha1_sha256_sealed=self._keys.seal(ha1_sha256(phone.username, self._realm, password), purpose),
        )


def _found(phone: SipPhone | None) -> SipPhone:
    if phone is None:
        raise PhoneNotFoundError("username")
    return phone


def _problems(phone: SipPhone) -> list[FieldError]:
    errors = []
    if len(phone.display_name) > _LONGEST_NAME or not phone.display_name.isprintable():
        errors.append(FieldError("displayName", f"may have {_LONGEST_NAME} printable characters"))
    if phone.extension and not _EXTENSION.fullmatch(phone.extension):
        errors.append(FieldError("extension", "must have 2 to 6 digits"))
    return errors


def _purpose(phone: SipPhone) -> str:
    return f"sip-phone:{phone.account_id}:{phone.username}"
