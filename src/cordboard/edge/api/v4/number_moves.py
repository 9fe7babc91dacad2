"""Requests 110 and 111: numbers given back, and numbers handed to the parent account or a subaccount."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.moving import MoveNumbers
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.numbers import NUMBER_EXAMPLE, numbers_in, render_number
from cordboard.kit.errors import FieldError, InvalidInputError

_TAG: Final = "Numbers"
_MOST: Final = 100
_SUBACCOUNT: Final = "1e091839-3b9c-4e2e-9e5a-de6b748d8ff0"


class ReleaseBody(msgspec.Struct, rename="camel"):
    """Numbers to give back."""

    phone_number: list[str]


class TransferBody(msgspec.Struct, rename="camel"):
    """Numbers to hand over. `fromAccountSid` is the caller unless a parent takes numbers from a subaccount."""

    phone_numbers: list[str]
    to_account_sid: UUID
    from_account_sid: UUID | None = None


class NumberMovesResource:
    """`/v4/number/release` and `/v4/number/transfer`."""

    def __init__(self, moves: MoveNumbers) -> None:
        self._moves = moves

    async def release(self, call: Call) -> Reply:
        """Gives numbers back and answers what they were; those that are not the account's are told of beside them."""
        body: ReleaseBody = call.body
        numbers = numbers_in(body.phone_number, "phoneNumber", most=_MOST)
        released, refused = await self._moves.release(call.tx, call.principal.account_id, numbers)
        return _reply("phoneNumber", released, refused)

    async def transfer(self, call: Call) -> Reply:
        """Hands numbers over and answers what they are now."""
        body: TransferBody = call.body
        caller_id = call.principal.account_id
        numbers = numbers_in(body.phone_numbers, "phoneNumbers", most=_MOST)
        source_id = body.from_account_sid or caller_id
        moved, refused = await self._moves.transfer(call.tx, caller_id, source_id, body.to_account_sid, numbers)
        return _reply("phoneNumbers", moved, refused)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="110",
                method="POST",
                path="/v4/number/release",
                handler=self.release,
                summary="Release numbers",
                privilege=Privilege.NUMBER_PURCHASE,
                body=ReleaseBody,
                tag=_TAG,
                example=Example(body={"phoneNumber": ["+19712201234"]}, response=NUMBER_EXAMPLE),
            ),
            Endpoint(
                number="111",
                method="POST",
                path="/v4/number/transfer",
                handler=self.transfer,
                summary="Move numbers",
                privilege=Privilege.NUMBER_PURCHASE,
                body=TransferBody,
                tag=_TAG,
                example=Example(
                    body={"phoneNumbers": ["+19712201234"], "toAccountSid": _SUBACCOUNT},
                    response={**NUMBER_EXAMPLE, "accountSid": _SUBACCOUNT},
                ),
            ),
        )


def _reply(field: str, done: list[OwnedNumber], refused: list[FieldError]) -> Reply:
    """Both what was done and what was not. Raises InvalidInputError when nothing was."""
    if not done:
        raise InvalidInputError([FieldError(field, f"{one.field} {one.problem}") for one in refused])
    return Reply([render_number(number) for number in done], errors=refused)
