"""What waits for one system_id, and the connections that can take it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from cordboard.testing.smsc.records import Delivery
from cordboard.testing.smsc.session import Session


class Mailbox:
    """Deliveries queue here until a receiver-capable connection has room; unanswered ones come back when it
    is lost."""

    def __init__(self) -> None:
        self.waiting: deque[Delivery] = deque()
        self.receivers: deque[Session] = deque()

    def add(self, delivery: Delivery) -> None:
        """Send at once if somebody can take it, keep it otherwise."""
        self.waiting.append(delivery)
        self.pump()

    def pump(self) -> None:
        """Hand out what waits, to the connections in turn."""
        while self.waiting:
            session = self._next_receiver()
            if session is None:
                return
            session.deliver(self.waiting.popleft())

    def opened(self, session: Session) -> None:
        """A receiver or transceiver has bound."""
        self.receivers.append(session)
        self.pump()

    def lost(self, session: Session, unanswered: Iterable[Delivery]) -> None:
        """A connection went; what it did not answer is delivered again, oldest first."""
        if session in self.receivers:
            self.receivers.remove(session)
        self.waiting.extendleft(reversed(list(unanswered)))
        self.pump()

    def _next_receiver(self) -> Session | None:
        for _ in range(len(self.receivers)):
            self.receivers.rotate(-1)
            if self.receivers[-1].has_room:
                return self.receivers[-1]
        return None
