"""A server that speaks S3, on loopback, with one bucket; and where it is away or refuses us."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
from moto.server import ThreadedMotoServer

from cordboard.infra.blobs.settings import StorageSettings

BUCKET = "cord-files"
_ANYBODY_READS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    ],
}


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """`endpoint` is the server's root."""

    endpoint: str

    def settings(self, **changes: Any) -> StorageSettings:
        """Settings that lead to the bucket."""
        usual = StorageSettings(
            url=f"s3://{BUCKET}/media",
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id="key",
            secret_access_key="very secret",
        )
        return msgspec.structs.replace(usual, **changes)

    def empty(self) -> None:
        """Starts anew, with an empty bucket that anybody may read."""
        httpx.post(f"{self.endpoint}/moto-api/reset").raise_for_status()
        httpx.put(f"{self.endpoint}/{BUCKET}").raise_for_status()
        httpx.put(f"{self.endpoint}/{BUCKET}?policy", json=_ANYBODY_READS).raise_for_status()

    @contextmanager
    def checking_keys(self) -> Iterator[None]:
        """From now on keys that it does not know, which are all, are refused."""
        httpx.post(f"{self.endpoint}/moto-api/reset-auth", content="0").raise_for_status()
        try:
            yield
        finally:
            httpx.post(f"{self.endpoint}/moto-api/reset-auth", content="inf").raise_for_status()


@contextmanager
def open_object_store() -> Iterator[ObjectStore]:
    """The server, running."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        store = ObjectStore(f"http://{host}:{port}")
        store.empty()
        yield store
    finally:
        server.stop()
