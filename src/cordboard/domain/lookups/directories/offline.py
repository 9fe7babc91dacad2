"""What the numbering plan itself tells: country, region, the place of a range, the network where it assigns one."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType, carrier

from cordboard.domain.lookups.directories.places import place_of
from cordboard.domain.lookups.models import NumberFacts
from cordboard.kit.areas import region_of
from cordboard.kit.phone import country_of

_WIRELESS = {PhoneNumberType.MOBILE: True, PhoneNumberType.PAGER: True, PhoneNumberType.FIXED_LINE_OR_MOBILE: None}
_LANGUAGE = "en"


class OfflineDirectory:
    """Knows the plans, asks nobody."""

    async def look_up(self, number: str) -> NumberFacts:
        """What the plan tells of a number."""
        return facts_of(number)


def facts_of(number: str) -> NumberFacts:
    """The same at once. North American mobile numbers look like any other there, so `wireless` stays open."""
    country = country_of(number).iso
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return NumberFacts(country=country)
    place = place_of(number)
    return NumberFacts(
        network=carrier.name_for_number(parsed, _LANGUAGE),
        wireless=_WIRELESS.get(phonenumbers.number_type(parsed), False),
        city=place.town if place else "",
        state=place.state if place else region_of(number)[3:],
        country=country,
    )
