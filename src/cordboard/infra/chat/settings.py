"""Which model answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0, le=60)]


class AiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`base_url`: an OpenAI-compatible API with chat completions, with or without its `/v1`; empty: nothing is
    reworded, and assistants do not talk. It may be at a private address. `timeout` is in seconds, of one question; a
    text that is reworded takes two at most.
    """

    base_url: str = ""
    api_key: str = ""
    model: str = "gpt-4o-mini"
    timeout: Seconds = 20.0

    def problems(self) -> Iterator[str]:
        """What is wrong beyond types and ranges, the setting first."""
        if self.base_url and urlsplit(self.base_url).scheme not in ("http", "https"):
            yield "base_url: must start with http:// or https://"
        if self.base_url and not self.model:
            yield "model: the API needs the name of one"
