"""Providers in the order of preference: one that is out of reach is passed over for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Generic, Protocol, TypeVar

import structlog

from cordboard.infra.speech.port import SpeechError
from cordboard.kit.clock import monotonic

_REST_SECONDS: Final = 30.0
_log = structlog.get_logger(__name__)


class UnavailableError(SpeechError):
    """A provider does not answer, or not to us: the next request would fail as well."""


class Named(Protocol):
    """What has a name for logs."""

    @property
    def name(self) -> str:
        """The provider's name."""
        ...


N = TypeVar("N", bound=Named)


class Chain(Generic[N]):
    """The last provider is never passed over: it is all that is left."""

    def __init__(self, providers: Sequence[N], *, rest_seconds: float = _REST_SECONDS) -> None:
        self._providers = tuple(providers)
        self._rest_seconds = rest_seconds
        self._resting_until: dict[str, float] = {}

    def candidates(self) -> Iterator[N]:
        """Whom to try, in order."""
        for provider in self._providers:
            is_last = provider is self._providers[-1]
            if is_last or self._resting_until.get(provider.name, 0.0) <= monotonic():
                yield provider

    def failed(self, provider: N, error: Exception) -> None:
        """Tells the log that a provider failed; one that is unavailable rests."""
        if isinstance(error, UnavailableError):
            self._resting_until[provider.name] = monotonic() + self._rest_seconds
        _log.warning("speech.provider_failed", provider=provider.name, reason=str(error))
