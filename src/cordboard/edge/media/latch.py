"""Whose packets a leg takes: symmetric RTP, strictly.

The SDP names an address. Behind a NAT the packets come from another one, which cannot be known; an attacker's come from
another one, too. So a source that is not the named one must show several packets of one synchronisation source in a row
before anything was heard from the named address, and from then on it is the only one, until call control names an
address anew. All others are refused.
"""

from __future__ import annotations

from cordboard.edge.media.ports import Address

PACKETS_TO_LATCH = 4
"""Consecutive packets that make a source that was not named the party: 80 ms of its audio."""


class Latch:
    """The judgement on one leg's sources. `send_to` is where its packets go; `settled` once the source is certain."""

    def __init__(self) -> None:
        self.send_to: Address | None = None
        self.settled = False
        self.refused = 0
        self._named: Address | None = None
        self._candidate: tuple[Address, int] | None = None
        self._count = 0

    def expect(self, address: Address) -> None:
        """Call control names an address. Named again, a source found before stays in use until another latches."""
        if address != self._named:
            self._named = self.send_to = address
        self.settled = False
        self._forget()

    def takes(self, address: Address, ssrc: int) -> bool:
        """Whether a well-formed packet of a known payload type is the party's. Counts what it refuses."""
        if self.send_to is None:
            self.refused += 1
            return False
        if self.settled:
            return self._judge_settled(address)
        if address in (self.send_to, self._named):
            return self._settle(address)
        return self._judge_candidate(address, ssrc)

    def refuse(self) -> None:
        """A packet was refused for another reason; it also breaks a candidate's row."""
        self.refused += 1
        self._forget()

    def _judge_settled(self, address: Address) -> bool:
        taken = address == self.send_to
        self.refused += not taken
        return taken

    def _judge_candidate(self, address: Address, ssrc: int) -> bool:
        if self._candidate != (address, ssrc):
            self._candidate = (address, ssrc)
            self._count = 0
        self._count += 1
        if self._count < PACKETS_TO_LATCH:
            self.refused += 1
            return False
        self.refused -= self._count - 1
        return self._settle(address)

    def _settle(self, address: Address) -> bool:
        self.send_to = address
        self.settled = True
        self._forget()
        return True

    def _forget(self) -> None:
        self._candidate = None
        self._count = 0
