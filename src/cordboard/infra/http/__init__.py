"""Outbound HTTP that cannot be turned against the network it runs in."""

from cordboard.infra.http.client import GuardedClient, HttpReply
from cordboard.infra.http.errors import HttpError
from cordboard.infra.http.urls import check_url

__all__ = ["GuardedClient", "HttpError", "HttpReply", "check_url"]
