"""What can be bought: the carriers' inventory, or invented numbers while there is only the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cordboard.domain.numbers import repository
from cordboard.domain.numbers.models import LONG_CODE, SHORT_CODE, TOLL_FREE, OfferedNumber
from cordboard.infra.db import Tx
from cordboard.kit.areas import AREA_CODES
from cordboard.kit.phone import is_short_code, is_toll_free

SANDBOX_CARRIER: Final = "sandbox"
ATTRIBUTES: Final = {"voice": "voice-enabled", "sms": "sms-enabled", "mms": "mms-enabled"}
_ALL_ATTRIBUTES: Final = ["voice-enabled", "sms-enabled", "mms-enabled"]
_INVENTED: Final = 100
_FIRST_OF_AREA: Final = "23456789"
_TOLL_FREE_CODES: Final = ("800", "833", "844", "855", "866", "877", "888")


class Inventory:
    """Offers numbers. `sandbox`: while no carrier offers any, numbers of the range kept for fiction (555-0100 to
    0199) in any area code.
    """

    def __init__(self, *, sandbox: bool) -> None:
        self._sandbox = sandbox

    async def offered(
        self, tx: Tx, area_codes: Sequence[str] | None, kind: str | None, per_area: int
    ) -> list[OfferedNumber]:
        """At most `per_area` numbers of each area code; None asks for all. `kind` is sms, mms, voice, tollfree or
        None.
        """
        if kind == "tollfree":
            area_codes = [code for code in _TOLL_FREE_CODES if area_codes is None or code in area_codes]
        attribute = ATTRIBUTES.get(kind or "")
        if self._sandbox and not await repository.any_inventory(tx):
            return await self._invented(tx, AREA_CODES if area_codes is None else area_codes, per_area)
        return await repository.offered(tx, area_codes, attribute, per_area)

    async def offers_of(self, tx: Tx, numbers: Sequence[str]) -> dict[str, OfferedNumber]:
        """What can be bought of `numbers`."""
        if self._sandbox and not await repository.any_inventory(tx):
            return {number: _invented(number) for number in numbers if _is_invented(number)}
        return await repository.offers_of(tx, numbers)

    async def _invented(self, tx: Tx, area_codes: Sequence[str], per_area: int) -> list[OfferedNumber]:
        possible = [code for code in area_codes if code[0] in _FIRST_OF_AREA]
        every = {code: [f"+1{code}55501{index:02d}" for index in range(_INVENTED)] for code in possible}
        taken = await repository.taken_among(tx, [number for numbers in every.values() for number in numbers])
        return [
            _invented(number)
            for numbers in every.values()
            for number in [one for one in numbers if one not in taken][:per_area]
        ]


def type_of(number: str) -> int:
    """The kind of a number: long code, toll-free or short code."""
    if is_short_code(number):
        return SHORT_CODE
    return TOLL_FREE if is_toll_free(number) else LONG_CODE


def _invented(number: str) -> OfferedNumber:
    return OfferedNumber(number, SANDBOX_CARRIER, list(_ALL_ATTRIBUTES))


def _is_invented(number: str) -> bool:
    return number.startswith("+1") and number[2] in _FIRST_OF_AREA and number[5:10] == "55501"
