"""The sandbox's answers: invented, and the same for a number every time."""

from __future__ import annotations

import hashlib
from typing import Final

from cordboard.domain.lookups.directories.offline import facts_of
from cordboard.domain.lookups.models import NumberFacts

_WIRELESS: Final = (("Sandbox Wireless", "Sandbox Wireless Inc"), ("Cellular Example", "Cellular Example LLC"))
_WIRED: Final = (("Example Telecom", "Example Telecom Corp"), ("Fiction VoIP", "Fiction VoIP Services LLC"))
_TOWNS: Final = ("Springfield", "Riverside", "Fairview", "Franklin", "Greenville", "Bristol", "Clinton", "Salem")


class InventedDirectory:
    """For numbers that exist nowhere."""

    async def look_up(self, number: str) -> NumberFacts:
        """Facts drawn from the number; what the plan tells of it is true."""
        return invented_facts(number)


def invented_facts(number: str) -> NumberFacts:
    """The same at once."""
    drawn = hashlib.sha256(number.encode()).digest()
    wireless = drawn[0] % 2 == 0
    network, company = (_WIRELESS if wireless else _WIRED)[drawn[1] % 2]
    plan = facts_of(number)
    return NumberFacts(
        network=network,
        company=company,
        wireless=wireless,
        zip_code=f"{10_000 + int.from_bytes(drawn[2:6]) % 89_999:05}",
        city=plan.city or _TOWNS[drawn[6] % len(_TOWNS)],
        state=plan.state,
        country=plan.country,
    )
