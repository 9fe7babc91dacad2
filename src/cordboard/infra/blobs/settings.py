"""Where the platform's files are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

_SCHEMES: Final = ("s3", "gs", "az")
_WEB: Final = ("http", "https")
_LONGEST_SIGNED: Final = 7 * 86_400

Seconds = Annotated[int, msgspec.Meta(ge=0, le=_LONGEST_SIGNED)]


class StorageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url`: `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`; empty: the folder `media` of the
    data directory. What is left empty is read from the environment as the provider's own tools do
    (`AWS_ACCESS_KEY_ID`, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_ACCOUNT_NAME`, ...).

    `endpoint`: the root URL of an S3-compatible server. `access_key_id` and `secret_access_key` are Azure's account
    name and key, too. `options`: any other setting of the store by obstore's name. `public_url`: where anybody may read
    the objects without us, prefix included; else `/media/` gives them, or, with `signed_seconds`, sends readers to a
    URL of the store that lives so long.
    """

    url: str = ""
    endpoint: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    public_url: str = ""
    signed_seconds: Seconds = 0
    options: dict[str, str] = {}

    def problems(self) -> Iterator[str]:
        """What is wrong beyond types, the setting first."""
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in _SCHEMES or not parts.hostname):
            yield "url: write it as s3://bucket/prefix, gs://bucket/prefix or az://container/prefix, or leave it empty"
        for name, url in (("endpoint", self.endpoint), ("public_url", self.public_url)):
            if url and urlsplit(url).scheme not in _WEB:
                yield f"{name}: must start with http:// or https://"
        if not self.url and (set_without := self._set_without_url()):
            yield f"{set_without}: is of use with storage.url only"
        if bool(self.access_key_id) != bool(self.secret_access_key):
            yield "secret_access_key: set it together with access_key_id, or neither"

    def _set_without_url(self) -> str:
        names = ("endpoint", "region", "access_key_id", "secret_access_key", "public_url", "signed_seconds", "options")
        return next((name for name in names if getattr(self, name)), "")
