"""A 2xx of ours to an INVITE, repeated until its ACK comes (RFC 3261 13.3.1.4)."""

from __future__ import annotations

from collections.abc import Callable

from cordboard.edge.sip.context import LegContext, LegHandle
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.reliability import Repetition


class UnacknowledgedAnswer:
    """Sends the answer, and again. `on_ack` gets the ACK, `on_expired` is called when none came."""

    def __init__(
        self,
        owner: LegHandle,
        context: LegContext,
        response: Response,
        key: TransactionKey,
        on_ack: Callable[[Request], None],
        on_expired: Callable[[], None],
    ) -> None:
        self._owner = owner
        self._core = context.core
        self._response = response
        self._key = key
        self._on_ack = on_ack
        self._on_expired = on_expired
        self._repetition = Repetition(self._core.now, context.t1)
        self._core.respond(response, key)
        self._set_timer()

    def acknowledge(self, ack: Request) -> None:
        """It came."""
        self._repetition.acknowledge()
        self._on_ack(ack)

    def _set_timer(self) -> None:
        due = self._repetition.next_wake
        if due is not None:
            self._owner.after(due - self._core.now, self._wake)

    def _wake(self) -> None:
        match self._repetition.wake(self._core.now):
            case "repeat":
                self._core.respond(self._response, self._key)
            case "expired":
                self._on_expired()
        self._set_timer()
