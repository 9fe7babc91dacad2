"""Request 136: short codes."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.numbers.errors import NumberNotFoundError
from cordboard.domain.numbers.models import SHORT_CODE, NumberChanges, OwnedNumber
from cordboard.domain.numbers.service import NumberService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.number_fields import NumberSettings, changes_of, render_urls
from cordboard.edge.api.v4.numbers import number_in_path

_SHOWN: Final = ("smsUrl", "smsMethod", "smsFallbackUrl", "smsFallbackMethod")
_BODY: Final = {
    "friendlyName": "My dedicated short code",
    "smsMethod": "GET",
    "smsUrl": "https://example.com/sms",
    "smsFallbackMethod": "POST",
    "smsFallbackUrl": "https://backup.example.com/sms",
}


class ShortcodeBody(msgspec.Struct, rename="camel"):
    """What may be edited of a short code."""

    friendly_name: str | None = None
    sms_url: str | None = None
    sms_method: Literal["GET", "POST"] | None = None
    sms_fallback_url: str | None = None
    sms_fallback_method: Literal["GET", "POST"] | None = None


class ShortcodesResource:
    """`/v4/shortcode`."""

    def __init__(self, numbers: NumberService, *, allow_private_urls: bool) -> None:
        self._numbers = numbers
        self._allow_private = allow_private_urls

    async def edit_shortcode(self, call: Call) -> Reply:
        """Changes what is given. Raises NumberNotFoundError for anything but a short code of the account."""
        account_id, number = call.principal.account_id, number_in_path(call)
        if (await self._numbers.get(call.tx, account_id, number)).number_type != SHORT_CODE:
            raise NumberNotFoundError("phoneNumber")
        return Reply(
            [render_shortcode(await self._numbers.edit(call.tx, account_id, number, self._changes(call.body)))]
        )

    def _changes(self, body: ShortcodeBody) -> NumberChanges:
        settings = NumberSettings(**{name: getattr(body, name) for name in body.__struct_fields__})
        return changes_of(settings, allow_private=self._allow_private)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="136",
                method="PUT",
                path="/v4/shortcode/{phoneNumber}",
                handler=self.edit_shortcode,
                summary="Edit shortcode",
                privilege=Privilege.NUMBER_UPDATE,
                body=ShortcodeBody,
                tag="Short codes",
                example=Example(
                    path={"phoneNumber": "12345"},
                    body=_BODY,
                    response={**_BODY, "phoneNumber": "12345", "numberType": 4},
                ),
            ),
        )


def render_shortcode(number: OwnedNumber) -> dict[str, Any]:
    """A short code as the reference shows it."""
    urls = render_urls(number.urls)
    return {
        "accountSid": number.account_id,
        "friendlyName": number.friendly_name,
        "phoneNumber": number.phone_number,
        **{name: urls[name] for name in _SHOWN},
        "numberType": number.number_type,
    }
