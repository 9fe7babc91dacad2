"""Ours: the sandbox's clock and faults."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.sandbox.models import Faults
from cordboard.domain.sandbox.service import FURTHEST, SandboxService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import Clock, epoch_ms

_TAG: Final = "Sandbox"
_CLOCK: Final = {"now": 1767614400000, "offsetSeconds": 3600}
_FAULTS: Final = {
    "throttlePercent": 10,
    "dropReceiptsPercent": 0,
    "duplicateReceiptsPercent": 5,
    "disconnectEverySeconds": 60,
}


class AdvanceBody(msgspec.Struct):
    """How far to move time."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=FURTHEST // timedelta(seconds=1))]


class ControlsResource:
    """`/sandbox/clock` and `/sandbox/faults`."""

    def __init__(self, sandbox: SandboxService, clock: Clock) -> None:
        self._sandbox = sandbox
        self._clock = clock

    async def get_clock(self, call: Call) -> Reply:
        """Business time, and how far it is ahead of the system's."""
        return Reply([self._render_clock(await self._sandbox.offset(call.tx))])

    async def advance_clock(self, call: Call) -> Reply:
        """Moves the whole platform's business time ahead; timers that became due fire. Tokens age as well."""
        return Reply([self._render_clock(await self._sandbox.advance_clock(call.tx, call.body.seconds))])

    async def get_faults(self, call: Call) -> Reply:
        """What goes wrong on purpose."""
        faults, _ = await self._sandbox.faults(call.tx)
        return Reply([faults])

    async def put_faults(self, call: Call) -> Reply:
        """Sets what goes wrong on purpose; what is not given does not."""
        await self._sandbox.put_faults(call.tx, call.body)
        return Reply([call.body])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="ours",
                method="GET",
                path="/sandbox/clock",
                handler=self.get_clock,
                summary="Get business time",
                privilege=Privilege.PLATFORM_ADMIN,
                tag=_TAG,
                example=Example(response=_CLOCK),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path="/sandbox/clock/advance",
                handler=self.advance_clock,
                summary="Move business time ahead",
                privilege=Privilege.PLATFORM_ADMIN,
                body=AdvanceBody,
                tag=_TAG,
                example=Example(body={"seconds": 3600}, response=_CLOCK),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path="/sandbox/faults",
                handler=self.get_faults,
                summary="Get faults",
                privilege=Privilege.PLATFORM_ADMIN,
                tag=_TAG,
                example=Example(response=_FAULTS),
            ),
            Endpoint(
                number="ours",
                method="PUT",
                path="/sandbox/faults",
                handler=self.put_faults,
                summary="Set faults",
                privilege=Privilege.PLATFORM_ADMIN,
                body=Faults,
                tag=_TAG,
                example=Example(body=_FAULTS, response=_FAULTS),
            ),
        )

    def _render_clock(self, offset: timedelta) -> dict[str, Any]:
        return {"now": epoch_ms(self._clock.now()), "offsetSeconds": offset.total_seconds()}
