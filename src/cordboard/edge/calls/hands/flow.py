"""What hands and the flow that they work for know of each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias

from cordboard.edge.calls.media_leg import MediaRouter
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.registry import Registry
from cordboard.edge.calls.services import CallServices
from cordboard.engines.callflow.events import FlowEvent

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

    def spawn(self, work: Awaitable[FlowEvent | None]) -> None:
        """Runs something beside the flow; the call is not over before it is."""
        ...
