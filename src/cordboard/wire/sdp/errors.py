"""Why a session description is of no use.

    SdpError
    ├── MalformedSdpError        it cannot be read
    ├── NoAcceptableMediaError   it can be read, but holds no audio stream of a kind that we can take
    ├── NoCommonCodecError       it holds one, with codecs that are not ours
    └── AnswerMismatchError      it does not answer our offer

For an offer all of them mean 488 Not Acceptable Here; for an answer, that the call cannot go on.
"""

from __future__ import annotations


class SdpError(ValueError):
    """Base of every error of this package; the message says why, for logs and the Warning header."""


class MalformedSdpError(SdpError):
    """The description breaks the grammar of RFC 8866, or a limit of ours."""


class NoAcceptableMediaError(SdpError):
    """No audio stream can be taken: there is none, it is refused, or its transport or keys are not ours."""


class NoCommonCodecError(SdpError):
    """The audio stream has no codec that we have too."""


class AnswerMismatchError(SdpError):
    """An answer does not fit the offer: another number of streams, another transport, no keys."""
