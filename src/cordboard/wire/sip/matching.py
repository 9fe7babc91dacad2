"""What belongs to which transaction (RFC 3261 8.2.2.2, 17.1.1.3, 17.2.3), and the requests that belong to an INVITE."""

from __future__ import annotations

from typing import TypeAlias

from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.headers import Headers
from cordboard.wire.sip.message import DEFAULT_MAX_FORWARDS, Request
from cordboard.wire.sip.via import Via

MergeKey: TypeAlias = tuple[str, str, str]
"""From tag, Call-ID and CSeq."""


def server_key(request: Request, via: Via, method: str) -> TransactionKey:
    """What a request that comes belongs to (17.2.3). Without a unique branch, as from peers of RFC 2543, the values
    that such peers repeat take its place; the To tag, which their ACK has and their INVITE has not, is left out.
    """
    if via.has_unique_branch:
        return TransactionKey("server", via.branch, method, via.sent_by)
    parts = (request.uri, request.from_.tag, request.call_id, str(request.cseq.number), request.headers.get("Via"))
    return TransactionKey("server", "\n".join(parts), method, via.sent_by)


def merge_key(request: Request) -> MergeKey | None:
    """What requests have in common that are the same one by different ways (8.2.2.2); None within a dialog."""
    if request.to.tag:
        return None
    return request.from_.tag, request.call_id, request.headers.get("CSeq")


def companion(invite: Request, method: str, to: str) -> Request:
    """The CANCEL or ACK that goes the way of an INVITE (9.1, 17.1.1.3)."""
    headers = Headers()
    headers.set("Via", invite.headers.get("Via"))
    headers.set("Max-Forwards", str(DEFAULT_MAX_FORWARDS))
    headers.set("From", invite.headers.get("From"))
    headers.set("To", to)
    headers.set("Call-ID", invite.call_id)
    headers.set("CSeq", f"{invite.cseq.number} {method}")
    headers.set("Route", *invite.headers.get_all("Route"))
    return Request(method, invite.uri, headers)
