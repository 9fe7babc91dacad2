"""Ping: tells a URL that the call has come this far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cordboard.engines.callflow.attributes import METHOD, Attribute
from cordboard.engines.callflow.commands import Method
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.tags import Verb
from cordboard.engines.callflow.urls import resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Verb):
    """Requests a URL without waiting for its answer or running it. It does not answer the call."""

    name = "Ping"
    content = "the URL; nothing: the current document's"
    needs_media = False

    method: Annotated[Method, Attribute("method", METHOD, "How it is requested.")] = "POST"

    def begin(self, run: Run) -> None:
        """Sends the request, and on."""
        try:
            url = resolve(run.state.document_url, self.text)
        except ValueError:
            run.fail("PING", self.describe(), "its text must be an http or https URL, or one relative to this one")
            return
        run.notify(url, self.method, ())
        run.log("PING", self.describe(), f"Requested {url}")
        run.done()
