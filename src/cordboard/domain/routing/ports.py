"""What inbound routing needs of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cordboard.domain.routing.models import InboundEvent


class InrouteVariables(Protocol):
    """Asks an account's own servers about a call or a text that is being routed."""

    async def ask(self, event: InboundEvent) -> Mapping[str, str]:
        """Variables by name, as far as the servers gave them in time. Talks to the network: no transaction may be
        open. Never raises for what a server does.
        """
        ...
