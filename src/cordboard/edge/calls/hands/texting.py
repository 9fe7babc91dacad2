"""SendSms: a text from a call."""

from __future__ import annotations

from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.engines.callflow.commands import SendSms
from cordboard.engines.callflow.events import SmsSent
from cordboard.kit.errors import CordboardError


class Texting:
    """Texts go the way of all texts: gate, price, carrier."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def background(self) -> Handlers:
        """The one command."""
        return {SendSms: self.send}

    async def send(self, command: SendSms) -> SmsSent:
        """Accepted or refused."""
        services, record = self._flow.services, self._flow.party.record
        ours, theirs = (
            (record.callee, record.caller) if record.direction == "inbound" else (record.caller, record.callee)
        )
        try:
            async with services.database.transaction() as tx:
                sid = await services.texts.send(
                    tx,
                    record.account_id,
                    command.sender or ours,
                    command.recipient or theirs,
                    command.text,
                    command.status_callback,
                )
        except CordboardError as error:
            return SmsSent(step=command.step, status="failed", error=str(error))
        return SmsSent(step=command.step, sid=str(sid))
