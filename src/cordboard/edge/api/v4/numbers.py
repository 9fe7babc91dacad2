"""Requests 107 to 109, 112 and 113: numbers."""

from __future__ import annotations

import base64
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.numbers.inventory import type_of
from cordboard.domain.numbers.models import OfferedNumber, OwnedNumber
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.numbers.sets import NumberSetService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.number_fields import NumberSettings, changes_of, render_urls
from cordboard.kit.areas import region_of
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.paging import Page
from cordboard.kit.phone import country_of, parse_sender
from cordboard.kit.timezones import timezone_of_number

_TAG: Final = "Numbers"
_MOST_PURCHASED: Final = 100
_MOST_AREAS: Final = 50
_PER_AREA: Final = 20
_ALL: Final = "all"
_BAD_KEY: Final = "must be the nextKey of an earlier page: the base64 of a number such as +19495551234"
_PATH: Final = {"phoneNumber": "+19712201234"}
NUMBER_EXAMPLE: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "phoneSid": "25431e50-6866-11ea-9ea9-d1464f98b813",
    "phoneNumber": "+19712201234",
    "friendlyName": "My number",
    "smsUrl": "https://example.com/sms",
    "smsMethod": "POST",
    "renewalDate": 1611101028432,
    "purchaseDate": 1584459850921,
    "region": "US-OR",
    "timezone": -32,
    "attributes": ["voice-enabled", "sms-enabled"],
    "numberType": 1,
}


class ListQuery(msgspec.Struct, rename="camel"):
    """`nextKey` is the base64 of the number at which the page starts; `offset` is accepted and does nothing."""

    next_key: str | None = None
    size: int | None = None
    offset: int | None = None


class AvailableQuery(msgspec.Struct, rename="camel"):
    """`areaCode` is `all` or a list with commas, `size` the numbers of each area; `offset` does nothing."""

    area_code: str = _ALL
    size: int = _PER_AREA
    offset: int = 0
    type: Literal["sms", "mms", "voice", "tollfree"] | None = None


class PurchaseBody(msgspec.Struct, rename="camel"):
    """Numbers to buy, and the set to put them into."""

    phone_number: list[str]
    number_set_id: UUID | None = None


class NumbersResource:
    """`/v4/number`."""

    def __init__(self, numbers: NumberService, sets: NumberSetService, *, allow_private_urls: bool) -> None:
        self._numbers = numbers
        self._sets = sets
        self._allow_private = allow_private_urls

    async def get_numbers(self, call: Call) -> Reply:
        """A page of the account's numbers; `count` is the total."""
        query: ListQuery = call.query
        page = Page.of(query.size, None)
        start = _decode_key(query.next_key) if query.next_key else ""
        found, following, total = await self._numbers.page(call.tx, call.principal.account_id, start, page.size)
        extra = {"nextKey": base64.b64encode(following.encode()).decode()} if following else {}
        return Reply([render_number(number) for number in found], count=total, extra=extra)

    async def get_available(self, call: Call) -> Reply:
        """Numbers that can be bought."""
        query: AvailableQuery = call.query
        per_area = Page.of(query.size, None).size
        found = await self._numbers.offered(call.tx, _area_codes(query.area_code), query.type, per_area)
        return Reply([render_offer(offer) for offer in found])

    async def purchase(self, call: Call) -> Reply:
        """Buys numbers; those that cannot be bought are told of beside those that were."""
        body: PurchaseBody = call.body
        account_id = call.principal.account_id
        numbers = numbers_in(body.phone_number, "phoneNumber", most=_MOST_PURCHASED)
        members = await self._sets.get(call.tx, account_id, body.number_set_id) if body.number_set_id else None
        bought, refused = await self._numbers.purchase(call.tx, account_id, numbers, members)
        if not bought:
            raise InvalidInputError([FieldError("phoneNumber", f"{one.field} {one.problem}") for one in refused])
        return Reply([render_number(number) for number in bought], errors=refused)

    async def get_number(self, call: Call) -> Reply:
        """One number."""
        return Reply([render_number(await self._numbers.get(call.tx, call.principal.account_id, number_in_path(call)))])

    async def edit_number(self, call: Call) -> Reply:
        """Changes what is given; an edit of the number's set overrides it."""
        changes = changes_of(call.body, allow_private=self._allow_private)
        edited = await self._numbers.edit(call.tx, call.principal.account_id, number_in_path(call), changes)
        return Reply([render_number(edited)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        one = "/v4/number/{phoneNumber}"
        return (
            Endpoint(
                number="107",
                method="GET",
                path="/v4/number",
                handler=self.get_numbers,
                summary="Get numbers",
                privilege=Privilege.NUMBER_READ,
                query=ListQuery,
                tag=_TAG,
                example=Example(query={"size": "100"}, response=NUMBER_EXAMPLE),
            ),
            Endpoint(
                number="108",
                method="GET",
                path="/v4/number/available",
                handler=self.get_available,
                summary="Get available numbers",
                privilege=Privilege.NUMBER_READ,
                query=AvailableQuery,
                tag=_TAG,
                example=Example(
                    query={"areaCode": "714", "size": "3"},
                    response={
                        "phoneNumber": "+17145550100",
                        "region": "US-CA",
                        "timezone": -32,
                        "attributes": ["voice-enabled", "sms-enabled"],
                        "numberType": 1,
                    },
                ),
            ),
            Endpoint(
                number="109",
                method="POST",
                path="/v4/number/purchase",
                handler=self.purchase,
                summary="Purchase number",
                privilege=Privilege.NUMBER_PURCHASE,
                body=PurchaseBody,
                tag=_TAG,
                example=Example(body={"phoneNumber": ["+19712201234"]}, response=NUMBER_EXAMPLE),
            ),
            Endpoint(
                number="112",
                method="GET",
                path=one,
                handler=self.get_number,
                summary="Get number",
                privilege=Privilege.NUMBER_READ,
                tag=_TAG,
                example=Example(path=_PATH, response=NUMBER_EXAMPLE),
            ),
            Endpoint(
                number="113",
                method="PUT",
                path=one,
                handler=self.edit_number,
                summary="Edit number",
                privilege=Privilege.NUMBER_UPDATE,
                body=NumberSettings,
                tag=_TAG,
                example=Example(
                    path=_PATH,
                    body={"friendlyName": "My number", "smsUrl": "https://example.com/sms", "smsMethod": "POST"},
                    response=NUMBER_EXAMPLE,
                ),
            ),
        )


def render_number(number: OwnedNumber) -> dict[str, Any]:
    """A number as the reference shows it; reputation and branding are not measured here and say so. One whose month is
    not paid shows since when, and whether it is suspended for it.
    """
    shown: dict[str, Any] = {
        "accountSid": number.account_id,
        "phoneSid": number.phone_sid,
        "friendlyName": number.friendly_name,
        "phoneNumber": number.phone_number,
        "cnam": "",
        "countryName": country_of(number.phone_number).iso,
        **render_urls(number.urls),
        "renewalDate": epoch_ms(number.renewal_date),
        "purchaseDate": epoch_ms(number.purchase_date),
        "region": number.region,
        "timezone": number.timezone,
        "reputationResults": {},
        "ftcComplaintCount": 0,
        "branded": False,
        "remediation": False,
        "attributes": number.attributes,
        "numberType": number.number_type,
        "keywordActions": number.keyword_actions,
    }
    if number.number_set_id:
        shown["numberSetId"] = number.number_set_id
    if number.assigned_user:
        shown["assignedUser"] = number.assigned_user
    if number.route_tag:
        shown["routeTag"] = number.route_tag
    if number.overdue_since:
        shown |= {"overdueSince": epoch_ms(number.overdue_since), "suspended": number.suspended}
    return shown


def render_offer(offer: OfferedNumber) -> dict[str, Any]:
    """A number that can be bought."""
    return {
        "phoneNumber": offer.phone_number,
        "region": region_of(offer.phone_number),
        "timezone": timezone_of_number(offer.phone_number),
        "attributes": offer.attributes,
        "numberType": type_of(offer.phone_number),
    }


def numbers_in(given: list[str], field: str, *, most: int) -> list[str]:
    """Numbers of a request as we know them. Raises InvalidInputError naming each that is none."""
    if not given:
        raise InvalidInputError.of(field, "must name at least one number")
    if len(given) > most:
        raise InvalidInputError.of(field, f"names {len(given)} numbers; at most {most} go at once")
    parsed = [(number, parse_sender(number)) for number in given]
    errors = [FieldError(field, f"{number[:40]!r} is not a phone number") for number, found in parsed if found is None]
    if errors:
        raise InvalidInputError(errors)
    return [found for _, found in parsed if found is not None]


def number_in_path(call: Call, name: str = "phoneNumber") -> str:
    """The number in the path; what is none is nobody's."""
    given = call.path[name].strip()
    return parse_sender(given) or given


def _area_codes(given: str) -> list[str] | None:
    codes = [code.strip() for code in given.split(",") if code.strip()]
    if [code.lower() for code in codes] == [_ALL]:
        return None
    bad = [code for code in codes if not (len(code) == 3 and code.isdecimal())]
    if bad or not codes:
        raise InvalidInputError.of("areaCode", "must be all, or three-digit area codes with commas between them")
    if len(codes) > _MOST_AREAS:
        raise InvalidInputError.of("areaCode", f"names {len(codes)} areas; at most {_MOST_AREAS} go at once")
    return list(dict.fromkeys(codes))


def _decode_key(key: str) -> str:
    try:
        number = parse_sender(base64.b64decode(key, validate=True).decode())
    except ValueError:  # neither base64 nor text
        number = None
    if number is None:
        raise InvalidInputError.of("nextKey", _BAD_KEY)
    return number
