"""What the engine says to its clients, in order, until the server fetches it."""

from __future__ import annotations

from cordboard.edge.media.protocol import FromEngine, MediaEvent, Response, Result


class Outbox:
    """Messages by client. Nothing is sent here."""

    def __init__(self) -> None:
        self._messages: list[tuple[int, FromEngine]] = []

    def tell(self, owner: int, event: MediaEvent) -> None:
        """An event for a client."""
        self._messages.append((owner, event))

    def answer(self, owner: int, request: int, result: Result) -> None:
        """The answer to a client's request."""
        self._messages.append((owner, Response(request, result)))

    def take(self) -> list[tuple[int, FromEngine]]:
        """What has been said since the last time."""
        messages, self._messages = self._messages, []
        return messages
