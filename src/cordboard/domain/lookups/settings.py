"""What can be set about carrier lookups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

import msgspec


class LookupSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url` of a directory: `{number}` in it stands for the number, else it is added as `?number=`; `api_key` is sent
    as a bearer token. The answer is JSON, any member may be missing:
    `{"network", "company", "wireless", "zipCode", "city", "state", "country"}`. Empty: what the numbering plan tells.
    """

    url: str = ""
    api_key: str = ""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=30)] = 5.0

    def problems(self) -> Iterator[str]:
        """What is wrong beyond types and ranges, the setting first."""
        if self.url and urlsplit(self.url).scheme not in ("http", "https"):
            yield "url: must start with http:// or https://"
