"""Redirect: on with another document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cordboard.engines.callflow.attributes import METHOD, Attribute
from cordboard.engines.callflow.commands import Method
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.tags import Verb
from cordboard.engines.callflow.urls import base_of, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect(Verb):
    """Hands the call to another document; verbs after it never run. The request also tells `UrlBase`, what relative
    URLs of the present document are appended to. Where it fails the fallback URL is requested, if that has not been,
    else the call is ended. It does not answer the call.
    """

    name = "Redirect"
    content = "the URL; nothing: the current document's again"
    needs_media = False

    method: Annotated[Method, Attribute("method", METHOD, "How the document is requested.")] = "POST"

    def begin(self, run: Run) -> None:
        """Requests the document."""
        present = run.state.document_url
        try:
            url = resolve(present, self.text)
        except ValueError:
            run.fail("REDIRECT", self.describe(), "its text must be an http or https URL, or one relative to this one")
            return
        run.log("REDIRECT", self.describe(), f"Going on at {url}")
        run.fetch(url, self.method, (("UrlBase", base_of(present)),), needed=True)
