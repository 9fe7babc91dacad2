"""What hands and the flow that they work for know of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.registry import Registry
from cordboard.edge.calls.services import CallServices
from cordboard.engines.callflow.events import FlowEvent

Outcome = TypeVar("Outcome")
Handler: TypeAlias = Callable[[Any], Awaitable[FlowEvent | None]]
Handlers: TypeAlias = Mapping[type, Handler]
"""By command. What a handler answers is told to the flow; None tells nothing."""


class Flow(Protocol):
    """The flow, as its hands see it."""

    @property
    def services(self) -> CallServices:
        """The doors."""
        ...

    @property
    def party(self) -> Party:
        """Whose call it is."""
        ...

    @property
    def router(self) -> MediaRouter:
        """The media engine that the call is at; everybody whom it dials comes there."""
        ...

    @property
    def registry(self) -> Registry:
        """Who else is on the line."""
        ...

    def post(self, event: FlowEvent) -> None:
        """Tells the flow something."""
        ...

    def interrupt(self, url: str, method: str) -> None:
        """Goes on with another document."""
        ...

    async def screen(self, party: Party, url: str, method: str) -> bool:
        """Lets another party hear a document; whether it is still there at the document's end."""
        ...

    def keep(self, work: Coroutine[Any, Any, Outcome]) -> asyncio.Task[Outcome]:
        """Runs something that is finished before the call is over, whether anybody waits for it or not."""
        ...

    def spawn(self, work: Awaitable[FlowEvent | None]) -> None:
        """Runs something beside the flow; the call is not over before it is."""
        ...
