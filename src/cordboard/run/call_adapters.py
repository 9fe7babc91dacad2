"""What call control asks by ports, done by the contexts that it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from cordboard.domain.assets.models import AssetKey
from cordboard.domain.assets.service import AssetService
from cordboard.domain.ivr.errors import IvrNotFoundError
from cordboard.domain.ivr.service import IvrService
from cordboard.domain.lookups.service import LookupService
from cordboard.domain.messaging.drafts import SendRequest
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.phones.service import PhoneService
from cordboard.domain.voice.models import CallRecord
from cordboard.domain.voicemail.models import NewVoicemail
from cordboard.domain.voicemail.service import VoicemailService
from cordboard.domain.workflows.triggers import CampaignTriggers, Trigger
from cordboard.edge.calls.hands.mailbox import MailboxRules
from cordboard.edge.calls.inbound import PhoneOwner
from cordboard.engines.callflow.interpreter import Outcome
from cordboard.engines.callflow.state import FlowRequest, Lookup
from cordboard.engines.ivr import start_ivr
from cordboard.infra.db import Database, Tx
from cordboard.kit.errors import CordboardError


class TextsByMessaging:
    """`edge.calls.services.Texts` by messaging."""

    def __init__(self, messaging: MessagingService) -> None:
        self._messaging = messaging

    async def send(
        self, tx: Tx, account_id: UUID, sender: str, recipient: str, text: str, status_callback: str
    ) -> UUID:
        """Accepts a text. Raises CordboardError."""
        request = SendRequest(
            account_id=account_id,
            parent_account_id=account_id,
            to=recipient,
            sender=sender,
            text=text,
            status_callback=status_callback or None,
        )
        (result,) = await self._messaging.accept(tx, [request])
        if isinstance(result, CordboardError):
            raise result
        return result.id


class AssetsByName:
    """`edge.calls.services.Assets` by assets."""

    def __init__(self, database: Database, assets: AssetService) -> None:
        self._database = database
        self._assets = assets

    async def url(self, account_id: UUID, asset_type: str, name: str) -> str | None:
        """Where an asset is; None when there is none of that name."""
        async with self._database.connection() as connection:
            return await self._assets.url_of(connection, account_id, AssetKey(asset_type, name))


class MailboxesByVoicemail:
    """`edge.calls.hands.mailbox.Mailboxes` by voicemail."""

    def __init__(self, voicemail: VoicemailService) -> None:
        self._voicemail = voicemail

    async def rules(self, tx: Tx, account_id: UUID, number: str) -> MailboxRules:
        """How a number takes messages."""
        box = await self._voicemail.mailbox(tx, account_id, number)
        return MailboxRules(
            greeting_text=box.greeting_text,
            greeting_url=box.greeting_url,
            voice=box.voice,
            most_seconds=box.max_seconds,
            transcribe=box.transcribe,
        )

    async def keep(
        self,
        tx: Tx,
        call: CallRecord,
        number: str,
        recording_id: UUID,
        seconds: int,
        url: str,
        *,
        transcription_follows: bool,
    ) -> None:
        """Puts a message into the mailbox."""
        new = NewVoicemail(
            account_id=call.account_id,
            recording_id=recording_id,
            call_id=call.id,
            phone_number=number,
            from_number=call.caller,
            seconds=seconds,
            url=url,
            contact_id=call.contact_id,
            metadata=call.metadata or {},
        )
        await self._voicemail.keep(tx, new, transcription_follows=transcription_follows)

    async def transcribed(self, tx: Tx, account_id: UUID, recording_id: UUID, text: str | None) -> None:
        """What was said in a message."""
        await self._voicemail.transcribed(tx, account_id, recording_id, text)


class MenuCounts:
    """`edge.calls.hands.menus.MenuStatistics` by ivr."""

    def __init__(self, ivrs: IvrService) -> None:
        self._ivrs = ivrs

    async def count(self, tx: Tx, account_id: UUID, ivr: str, version: int, menu: str, key: str) -> None:
        """One more choice of an option."""
        await self._ivrs.count_choice(tx, account_id, name=ivr, version=version, menu=menu, key=key)


class WorkflowsByCampaigns:
    """`edge.calls.hands.menus.Workflows` by campaigns."""

    def __init__(self, triggers: CampaignTriggers) -> None:
        self._triggers = triggers

    async def start(self, tx: Tx, call: CallRecord, campaign_id: str, variables: Mapping[str, str]) -> str | None:
        """Starts a campaign for the other party, which it writes to from our number."""
        is_inbound = call.direction == "inbound"
        trigger = Trigger(
            account_id=call.account_id,
            subject_id=call.id,
            is_call=True,
            campaign_id=campaign_id,
            contact_id=call.contact_id,
            person=call.caller if is_inbound else call.callee,
            number=call.callee if is_inbound else call.caller,
            variables=dict(variables),
            cause="an IVR",
        )
        (result,) = await self._triggers(tx, [trigger])
        return str(result) if isinstance(result, CordboardError) else None


class IvrFlows:
    """`edge.calls.plans.Ivrs` by ivr."""

    def __init__(self, database: Database, ivrs: IvrService) -> None:
        self._database = database
        self._ivrs = ivrs

    async def begin(self, account_id: UUID, name: str, request: FlowRequest) -> Outcome | None:
        """The flow of an IVR, begun."""
        try:
            async with self._database.transaction() as tx:
                ivr = await self._ivrs.get(tx, account_id, name)
        except IvrNotFoundError:
            return None
        return start_ivr(request, ivr.definition)


class KnownNumbers:
    """`edge.calls.plans.Lookups` by lookups."""

    def __init__(self, database: Database, lookups: LookupService) -> None:
        self._database = database
        self._lookups = lookups

    async def known(self, account_id: UUID, number: str) -> Lookup:
        """What is known of a caller without asking anybody."""
        async with self._database.connection() as connection:
            facts = await self._lookups.known(connection, account_id, number)
        return Lookup(carrier=facts.network, wireless=facts.wireless, zipcode=facts.zip_code, city=facts.city)


class OwnersOfPhones:
    """`edge.calls.inbound.Phones` by phones."""

    def __init__(self, phones: PhoneService) -> None:
        self._phones = phones

    async def owner(self, tx: Tx, account_id: UUID, user: str) -> PhoneOwner:
        """Whose phone it is and which number its calls show."""
        found = await self._phones.find(tx, account_id, user)
        return PhoneOwner(found.client_id, found.caller_id) if found else PhoneOwner(None, "")
