"""What can go wrong, split by whose fault it is.

SipError
├── SipUsageError         ours: the caller broke a rule of this package
└── SipSyntaxError        theirs: what the peer sent breaks the grammar; `status` is the fitting answer
    └── BadMessageError       a whole message that cannot be used, with what is needed to refuse it (`parsing`)
"""

from __future__ import annotations


class SipError(Exception):
    """Base of every error of this package."""


class SipUsageError(SipError):
    """The caller broke a rule of this package; nothing was changed or sent."""


class SipSyntaxError(SipError):
    """The peer broke the grammar of RFC 3261 or a limit of ours. `status` is what such a request is answered with."""

    def __init__(self, reason: str, status: int = 400) -> None:
        self.reason = reason
        self.status = status
        super().__init__(reason)
