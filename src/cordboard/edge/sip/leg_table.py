"""The legs that there are, by what messages say of them."""

from __future__ import annotations

from collections.abc import Iterator

from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.leg import Leg
from cordboard.edge.sip.port import PhoneSource
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Message, Request


class LegTable:
    """Legs by Call-ID and our tag: forks of a call of ours share them."""

    def __init__(self) -> None:
        self._legs: dict[tuple[str, str], Leg] = {}

    def __len__(self) -> int:
        return len(self._legs)

    def __iter__(self) -> Iterator[Leg]:
        return iter(list(self._legs.values()))

    def add(self, leg: Leg) -> None:
        """Takes a leg in; it takes itself out when nothing more comes for it."""
        key = (leg.sip_call_id, leg.local_tag)
        self._legs[key] = leg
        leg.on_forgotten = lambda: self._legs.pop(key, None)

    def of(self, message: Message) -> Leg | None:
        """Whose a message is that came: a request's To tag is ours, a response's From tag."""
        try:
            ours = message.to.tag if isinstance(message, Request) else message.from_.tag
        except SipSyntaxError:
            return None
        return self._legs.get((message.call_id, ours))

    def in_dialog(self, call_id: str, local_tag: str, remote_tag: str) -> Leg | None:
        """The leg that has this dialog, early or not."""
        leg = self._legs.get((call_id, local_tag))
        return leg if leg is not None and remote_tag in leg.conversations else None

    def moved(self, phone: PhoneSource, flow: Flow) -> None:
        """A phone has registered over another connection."""
        for leg in self:
            leg.phone_moved(phone, flow)

    def lost(self, flow: Flow) -> None:
        """A connection is gone."""
        for leg in self:
            leg.flow_lost(flow)
