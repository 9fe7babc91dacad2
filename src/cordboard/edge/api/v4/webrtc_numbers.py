"""Request 114: the number that a user's webphone calls from."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.phones.registrations import RegistrationService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.numbers import numbers_in, render_number
from cordboard.kit.errors import PermissionDeniedError

_TAG: Final = "Numbers"


class WebrtcNumberBody(msgspec.Struct, rename="camel"):
    """A number of the account, and whose it is to be: the caller's unless given."""

    phone_number: str
    client_id: UUID | None = None


class WebrtcNumbersResource:
    """`/v4/number/webrtc`."""

    def __init__(self, numbers: NumberService, registrations: RegistrationService) -> None:
        self._numbers = numbers
        self._registrations = registrations

    async def assign_number(self, call: Call) -> Reply:
        """Gives a number to a user in place of the one that the user had. For another user than the caller it needs the
        privilege `user-update`.
        """
        body: WebrtcNumberBody = call.body
        principal = call.principal
        client_id = body.client_id or principal.client_id
        if client_id != principal.client_id and not principal.may(Privilege.USER_UPDATE):
            raise PermissionDeniedError(f"needs the privilege {Privilege.USER_UPDATE.label}")
        (number,) = numbers_in([body.phone_number], "phoneNumber", most=1)
        await self._registrations.enrol(call.tx, principal.account_id, client_id)
        assigned = await self._numbers.assign_user(call.tx, principal.account_id, number, client_id)
        return Reply([render_number(assigned)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="114",
                method="POST",
                path="/v4/number/webrtc",
                handler=self.assign_number,
                summary="Assign WebRTC number",
                privilege=Privilege.WEBPHONE_USE,
                body=WebrtcNumberBody,
                tag=_TAG,
                example=Example(
                    body={"phoneNumber": "+12513561234"},
                    response={
                        "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
                        "phoneSid": "13b22270-a29c-11e9-80d2-2d4429cd4b11",
                        "assignedUser": "24554439-118f-4265-bde9-0789702990ac",
                        "friendlyName": "Test Number",
                        "phoneNumber": "+12513561234",
                    },
                ),
            ),
        )
