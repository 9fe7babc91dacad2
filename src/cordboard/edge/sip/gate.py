"""What comes from the network: let in or dropped, before anybody spends time on it."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from cordboard.edge.sip.admission import Admission
from cordboard.edge.sip.core import Core
from cordboard.edge.sip.flow import Endpoint, Flow
from cordboard.edge.sip.leg_table import LegTable
from cordboard.edge.sip.trunk_book import TrunkBook
from cordboard.wire.sip.message import Message, Request
from cordboard.wire.sip.parsing import BadMessageError

_RETRY_AFTER = "5"
_log = structlog.get_logger(__name__)


class Gate:
    """Implements `flow.Receiver`. `malformed_count`: what came and was no usable message."""

    def __init__(self, core: Core, admission: Admission, book: TrunkBook, legs: LegTable) -> None:
        self._core = core
        self._admission = admission
        self._book = book
        self._legs = legs
        self._on_lost: list[Callable[[Flow], None]] = []
        self.malformed_count = 0

    def on_lost(self, call: Callable[[Flow], None]) -> None:
        """Says who else is told of lost connections."""
        self._on_lost.append(call)

    def admits(self, remote: Endpoint) -> bool:
        """Trunks always; others by rate, unless they are banned."""
        return self._book.knows(remote.host, remote.port) or self._admission.admits_packet(remote.host, self._core.now)

    def received(self, message: Message, flow: Flow) -> None:
        """To the transactions; strangers only as many as we can bear: their calls are told so, the rest is dropped."""
        if self._is_strange(message, flow) and not self._admission.admits_stranger(self._core.now):
            if isinstance(message, Request) and message.method == "INVITE":
                self._core.refuse(message, 503, flow, (("Retry-After", _RETRY_AFTER),))
            return
        self._core.received(message, flow)

    def malformed(self, error: BadMessageError, flow: Flow) -> None:
        """Counted, and refused where that is possible."""
        self.malformed_count += 1
        _log.debug("sip.malformed", reason=error.reason, address=flow.remote.host)
        if error.request is not None and (flow.phone or self._admission.admits_stranger(self._core.now)):
            self._core.refuse(error.request, error.status, flow)

    def lost(self, flow: Flow) -> None:
        """A connection is gone."""
        self._core.lost(flow)
        for call in self._on_lost:
            call(flow)

    def _is_strange(self, message: Message, flow: Flow) -> bool:
        """Whether nobody vouches for a message: no trunk's or browser's, and in no dialog of ours."""
        if not isinstance(message, Request) or message.method in ("ACK", "CANCEL") or flow.phone is not None:
            return False
        return not self._book.knows(flow.remote.host, flow.remote.port) and self._legs.of(message) is None
