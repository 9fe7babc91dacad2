"""The log of text requests: who asked for what, and what they were told."""

from __future__ import annotations

from typing import Literal

from cordboard.domain.callcenter import api_log
from cordboard.domain.callcenter.api_log import Entry
from cordboard.edge.api.x5.functions import TextCall


async def record(call: TextCall, script: Literal["agent", "non-agent"], seconds: float) -> None:
    """Writes a request down that has been answered."""
    result, _, rest = (call.lines[0] if call.lines else "").partition(": ")
    reason, _, data = rest.partition(" - ") if " - " in rest else rest.partition(": ")
    await api_log.record(
        call.tx,
        Entry(
            account_id=call.account_id,
            at=call.now,
            name=call.name,
            agent=call.given.text("agent_user", most=20),
            script=script,
            function=call.function,
            value=call.given.text("value"),
            result=result,
            reason=reason,
            source=call.given.text("source", most=20),
            data=data,
            seconds=seconds,
        ),
    )
