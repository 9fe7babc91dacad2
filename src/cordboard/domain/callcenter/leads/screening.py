"""Whether a new lead is let in: its number, the do-not-call lists, and leads that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.callcenter.leads import repository
from cordboard.domain.callcenter.leads.models import Found, Lead, Scope, Where
from cordboard.domain.callcenter.leads.scoping import scope_of
from cordboard.domain.callcenter.objects.campaign import CenterCampaign
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.domain.compliance.models import Candidate
from cordboard.domain.compliance.service import ComplianceService
from cordboard.infra.db import Tx
from cordboard.kit.areas import AREA_CODES

SHORTEST, LONGEST = 6, 16
_NANP_LENGTH: Final = 10
_EXCHANGE: Final = 3
_AREAS: Final = frozenset(AREA_CODES)

Dnc = Literal["N", "Y", "AREACODE"]
Same = Literal["PHONE", "PHONEALT", "TITLEALTPHONE", "NAMEPHONE"]


class Flaw(Enum):
    """Why a lead is not let in."""

    LENGTH = "length"
    PREFIX = "prefix"
    AREA_CODE = "area code"
    DNC = "dnc"
    CAMPAIGN_DNC = "campaign dnc"
    DUPLICATE = "duplicate"


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """A search for leads that are there already: with the same number (PHONEALT: as either of theirs), title and other
    number, or name and number; in a list, a campaign's lists or all; of the last days.
    """

    same: Same
    where: Where
    days: int | None = None


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at."""

    prefix: bool = False
    area_code: bool = False
    dnc: Dnc = "N"
    campaign_dnc: Dnc = "N"
    campaign_id: str = ""
    duplicates: tuple[Duplicates, ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """Why a lead is not let in; of a duplicate, which search found which lead."""

    flaw: Flaw
    search: Duplicates | None = None
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class ScreenLead:
    """The verb."""

    compliance: ComplianceService
    objects: ObjectService

    async def __call__(self, tx: Tx, lead: Lead, screen: Screen, now: datetime) -> Refusal | None:
        """Why a lead is refused, the first reason in the order of the dialect; None where it is let in."""
        if flaw := _flaw_of_number(lead, screen):
            return Refusal(flaw)
        if screen.dnc != "N" and await self._is_listed(tx, lead, screen.dnc):
            return Refusal(Flaw.DNC)
        if screen.campaign_dnc != "N" and screen.campaign_id:
            campaign = await self.objects.find(tx, lead.account_id, CenterCampaign, screen.campaign_id)
            listed = (campaign.use_other_campaign_dnc if campaign else "") or screen.campaign_id
            numbers = _numbers(lead.phone_number, screen.campaign_dnc)
            if await repository.in_campaign_dnc(tx, lead.account_id, listed, numbers):
                return Refusal(Flaw.CAMPAIGN_DNC)
        for search in screen.duplicates:
            if found := await self._duplicate(tx, lead, search, now):
                return Refusal(Flaw.DUPLICATE, search, found)
        return None

    async def _is_listed(self, tx: Tx, lead: Lead, dnc: Dnc) -> bool:
        """Whether the account's list forbids to call a lead; with AREACODE also whether it forbids its area."""
        numbers = [f"+{lead.phone_code}{number}" for number in _numbers(lead.phone_number, dnc)]
        candidates = [_candidate(lead.account_id, number) for number in numbers]
        return any(await self.compliance.listed(tx, candidates))

    async def _duplicate(self, tx: Tx, lead: Lead, search: Duplicates, now: datetime) -> Found | None:
        newer_than = now - timedelta(days=search.days) if search.days else None
        scope = await scope_of(tx, lead.account_id, search.where, lead.list_id, newer_than)
        match search.same:
            case "PHONE":
                return await repository.newest(tx, lead.account_id, "phone", (lead.phone_number,), scope)
            case "PHONEALT":
                return await self._by_either(tx, lead, scope)
            case "TITLEALTPHONE":
                if not lead.alt_phone:  # without another number nobody is the same
                    return None
                values: Sequence[str] = (lead.alt_phone, lead.title)
                return await repository.newest(tx, lead.account_id, "title_alt_phone", values, scope)
            case "NAMEPHONE":
                values = (lead.phone_number, lead.first_name, lead.last_name)
                return await repository.newest(tx, lead.account_id, "name_phone", values, scope)

    @staticmethod
    async def _by_either(tx: Tx, lead: Lead, scope: Scope) -> Found | None:
        for by, column in (("PHONE", "phone"), ("ALT", "alt_phone")):
            if found := await repository.newest(tx, lead.account_id, column, (lead.phone_number,), scope):
                return replace(found, by=by)
        return None


def _flaw_of_number(lead: Lead, screen: Screen) -> Flaw | None:
    number = lead.phone_number
    if not SHORTEST <= len(number) <= LONGEST:
        return Flaw.LENGTH
    if screen.prefix and number[_EXCHANGE : _EXCHANGE + 1] in ("0", "1"):
        return Flaw.PREFIX
    if screen.area_code and (len(number) != _NANP_LENGTH or number[:_EXCHANGE] not in _AREAS):
        return Flaw.AREA_CODE
    return None


def _numbers(number: str, dnc: Dnc) -> tuple[str, ...]:
    """The number, and the pattern of its area code where that counts too."""
    return (number, f"{number[:_EXCHANGE]}XXXXXXX") if dnc == "AREACODE" else (number,)


def _candidate(account_id: UUID, number: str) -> Candidate:
    return Candidate(
        subject_id=account_id,
        account_id=account_id,
        channel="call",
        sender="",
        recipient=number,
        message_class="marketing",
        quiet=None,
        at="accept",
    )
