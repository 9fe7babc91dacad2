"""Contexts of one rung meet here: what one asks for by a port, another one does."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cordboard.domain.billing.service import BillingService, Settlement, Usage
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.dispositions.models import Concluded, SubjectType
from cordboard.domain.inbox.service import InboxService
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.numbers.renewal import RenewNumbers
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.phones.models import AssignedNumber
from cordboard.domain.phones.service import PhoneService
from cordboard.domain.voice.models import CallRecord
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.voicemail.service import VoicemailService
from cordboard.infra.db import Tx
from cordboard.infra.events import Event


class MonthlyCharges:
    """`numbers.ports.NumberCharges` by billing."""

    def __init__(self, billing: BillingService) -> None:
        self._billing = billing

    async def charge_month(self, tx: Tx, account_id: UUID, number: str, phone_sid: UUID) -> bool:
        """Books the price of a month, if the balance covers it."""
        usage = Usage(account_id=account_id, service="number_month", number=number, own=number)
        (quote,) = await self._billing.quote(tx, [(usage, 1)])
        settlement = Settlement(
            usage=usage,
            held=0,
            cost=quote.cost,
            quantity=1,
            subject_id=phone_sid,
            description=f"{number} for a month",
        )
        return await self._billing.charge(tx, settlement)


class FundingByBilling:
    """`accounts.ports.Funding` by billing."""

    def __init__(self, billing: BillingService) -> None:
        self._billing = billing

    async def is_funded(self, tx: Tx, account_id: UUID) -> bool:
        """Whether the balance covers anything at all."""
        return (await self._billing.balance(tx, account_id)).covers(1)


class NumbersOfSubaccounts:
    """`accounts.ports.OwnedNumbers` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def owns_numbers(self, tx: Tx, account_id: UUID) -> bool:
        """Whether the account has any."""
        return await self._numbers.owns_any(tx, account_id)


class UsesOfNumbers:
    """`numbers.ports.NumberUses` by voicemail and phones."""

    def __init__(self, voicemail: VoicemailService, phones: PhoneService) -> None:
        self._voicemail = voicemail
        self._phones = phones

    async def number_left(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> None:
        """Closes the numbers' mailboxes and takes them from phones that call from them."""
        await self._voicemail.close_mailboxes(tx, account_id, numbers)
        await self._phones.forget_caller_ids(tx, account_id, numbers)


class SubjectsOfDispositions:
    """`dispositions.ports.Subjects` by voice, messaging and contacts."""

    def __init__(self, voice: VoiceService, messaging: MessagingService, contacts: ContactService) -> None:
        self._voice = voice
        self._messaging = messaging
        self._contacts = contacts

    async def call(self, tx: Tx, account_id: UUID, call_id: UUID) -> Concluded:
        """A call. Raises NotFoundError."""
        found = await self._voice.get(tx, account_id, call_id)
        return _concluded("call", found, found.caller, found.callee)

    async def message(self, tx: Tx, account_id: UUID, message_id: UUID) -> Concluded:
        """A message. Raises NotFoundError."""
        found = await self._messaging.get(tx, account_id, message_id)
        return _concluded("sms", found, found.sender, found.recipient)

    async def has_contact(self, tx: Tx, account_id: UUID, contact_id: UUID) -> bool:
        """Whether the account has the contact, and not archived."""
        return contact_id in await self._contacts.by_ids(tx, account_id, [contact_id])


def _concluded(kind: SubjectType, found: CallRecord | MessageRecord, sender: str, recipient: str) -> Concluded:
    return Concluded(
        type=kind,
        id=found.id,
        direction=found.direction,
        sender=sender,
        recipient=recipient,
        contact_id=found.contact_id,
    )


class LookupsByBilling:
    """`lookups.ports.LookupCharges` by billing."""

    def __init__(self, billing: BillingService) -> None:
        self._billing = billing

    async def price(self, tx: Tx, account_id: UUID, number: str) -> int | None:
        """The price, if the balance covers it."""
        (quote,) = await self._billing.quote(tx, [(_lookup(account_id, number), 1)])
        balance = await self._billing.balance(tx, account_id)
        return quote.price if balance.covers(quote.total) else None

    async def charge(self, tx: Tx, account_id: UUID, number: str, lookup_id: UUID) -> int | None:
        """Books the price, if the balance covers it."""
        usage = _lookup(account_id, number)
        (quote,) = await self._billing.quote(tx, [(usage, 1)])
        settlement = Settlement(
            usage=usage,
            held=0,
            cost=quote.cost,
            quantity=1,
            subject_id=lookup_id,
            description=f"carrier of {number}",
        )
        return quote.price if await self._billing.charge(tx, settlement) else None


def _lookup(account_id: UUID, number: str) -> Usage:
    return Usage(account_id=account_id, service="carrier_lookup", number=number)


class RenewalsAfterPayments:
    """Subscriber of billing's payments: numbers whose month was not paid are charged."""

    def __init__(self, renew: RenewNumbers) -> None:
        self._renew = renew

    async def __call__(self, tx: Tx, events: Sequence[Event]) -> None:
        """Money came in for the events' accounts."""
        await self._renew.try_again(tx, {event.account_id for event in events})


class HoldersOfNumbers:
    """`voicemail.ports.NumberHolders` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def assigned_user(self, tx: Tx, account_id: UUID, number: str) -> UUID | None:
        """Whose webphone calls from a number of the account."""
        return (await self._numbers.get(tx, account_id, number)).assigned_user


class NumbersOfAccounts:
    """`compliance.ports.OwnedNumbers` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def owned(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> set[str]:
        """Those that are the account's."""
        found = await self._numbers.senders(tx, [(account_id, number) for number in numbers])
        return {number for _, number in found}


class NumbersOfPhones:
    """`phones.ports.PhoneNumbers` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def is_owned(self, tx: Tx, account_id: UUID, number: str) -> bool:
        """Whether the account owns the number."""
        return bool(await self._numbers.senders(tx, [(account_id, number)]))

    async def assigned(self, tx: Tx, account_id: UUID, client_ids: Sequence[UUID]) -> dict[UUID, AssignedNumber]:
        """The numbers of users' webphones, by user."""
        found = await self._numbers.assigned_to(tx, account_id, client_ids)
        return {user: AssignedNumber(one.phone_number, one.number_set_id) for user, one in found.items()}


class NumbersOfUsers:
    """`accounts.ports.UserNumbers` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def webphone_numbers(self, tx: Tx, account_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The numbers that users' webphones call from, by user."""
        found = await self._numbers.assigned_to(tx, account_id, user_ids)
        return {user: one.phone_number for user, one in found.items()}


class InboxesOfUsers:
    """`accounts.ports.UserInboxes` by inboxes."""

    def __init__(self, inboxes: InboxService) -> None:
        self._inboxes = inboxes

    async def inboxes(self, tx: Tx, account_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
        """The names of the inboxes that each is a user of."""
        return await self._inboxes.inboxes_of_users(tx, account_id, user_ids)


class OwnershipOfNumbers:
    """`sandbox.ports.NumberOwnership` by numbers."""

    def __init__(self, numbers: NumberService) -> None:
        self._numbers = numbers

    async def is_owned(self, tx: Tx, number: str) -> bool:
        """Whether any account owns the number."""
        return number in await self._numbers.owners(tx, [number])
