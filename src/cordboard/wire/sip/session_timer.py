"""Session timers (RFC 4028): a call whose refreshes stop coming is over, even when no BYE ever came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from cordboard.wire.sip.errors import SipError
from cordboard.wire.sip.grammar import find_param, parse_number, parse_params
from cordboard.wire.sip.message import LARGEST_EXPIRES, Message, Request, Response

OPTION = "timer"
LEAST_INTERVAL = 90
"""Seconds; the standard allows no less (5)."""
USUAL_INTERVAL = 1800

Refresher = Literal["uac", "uas"]
"""Who refreshes, by the parts played in the request that set the timer."""
_REFRESHERS: tuple[Refresher, ...] = ("uac", "uas")


class IntervalTooSmallError(SipError):
    """Another side wants refreshes oftener than we allow: 422 with Min-SE of `least`."""

    status = 422

    def __init__(self, least: int) -> None:
        self.least = least
        super().__init__(f"the session interval is under {least} seconds")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What goes with the 422."""
        return (("Min-SE", str(self.least)),)


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """The Session-Expires header: seconds, and who refreshes if that is said."""

    seconds: int
    refresher: Refresher | None = None

    @classmethod
    def parse(cls, text: str) -> SessionExpires:
        """Raises SipSyntaxError."""
        seconds, semicolon, params = text.partition(";")
        number = parse_number(seconds.strip(), "Session-Expires", LARGEST_EXPIRES)
        refresher = (find_param(parse_params(semicolon + params), "refresher") or "").lower()
        return cls(number, next((who for who in _REFRESHERS if who == refresher), None))

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)


class Agreement(NamedTuple):
    """What a request and its 2xx have settled: the interval in seconds, and whether we refresh."""

    seconds: int
    we_refresh: bool


def session_expires(message: Message) -> SessionExpires | None:
    """The header, None when missing. Raises SipSyntaxError."""
    value = message.headers.get("Session-Expires")
    return SessionExpires.parse(value) if value else None


def min_se(message: Message) -> int:
    """Min-SE in seconds; 90 when missing. Raises SipSyntaxError."""
    value = message.headers.get("Min-SE").partition(";")[0].strip()
    return max(parse_number(value, "Min-SE", LARGEST_EXPIRES), LEAST_INTERVAL) if value else LEAST_INTERVAL


def request_headers(
    seconds: int = USUAL_INTERVAL, refresher: Refresher | None = None, least: int = LEAST_INTERVAL
) -> tuple[tuple[str, str], ...]:
    """What an INVITE or UPDATE of ours asks for. Supported: timer has to be there too. After a 422: `seconds` and
    `least` are its `min_se` (7.3).
    """
    return (("Session-Expires", str(SessionExpires(seconds, refresher))), ("Min-SE", str(least)))


def answer_request(
    request: Request, *, preferred: int = USUAL_INTERVAL, least: int = LEAST_INTERVAL
) -> tuple[Agreement | None, tuple[tuple[str, str], ...]]:
    """What we agree to when an INVITE or UPDATE came, and the headers of its 2xx (9). None: no timer is run, because
    the other side has no part in it.

    Raises IntervalTooSmallError (only for peers that understand a 422) or SipSyntaxError.
    """
    asked = session_expires(request)
    understands = request.headers.has_word("Supported", OPTION) or request.headers.has_word("Require", OPTION)
    if asked is None and not understands:
        return None, ()
    if asked is not None and asked.seconds < least and understands:
        raise IntervalTooSmallError(least)
    lowest = max(least, min_se(request))
    seconds = max(min(preferred, asked.seconds if asked else preferred), lowest)
    refresher: Refresher = (asked.refresher if asked and understands else None) or "uas"
    headers = [("Session-Expires", str(SessionExpires(seconds, refresher)))]
    if refresher == "uac":
        headers.append(("Require", OPTION))
    return Agreement(seconds, refresher == "uas"), tuple(headers)


def agreement_of(response: Response) -> Agreement | None:
    """What the 2xx to an INVITE or UPDATE of ours settles (7.2); None: no timer is run. An interval that is shorter
    than allowed counts as the shortest. Raises SipSyntaxError.
    """
    agreed = session_expires(response)
    if agreed is None:
        return None
    return Agreement(max(agreed.seconds, LEAST_INTERVAL), agreed.refresher != "uas")


class SessionTimer:
    """The running timer of a dialog. We refresh at half the interval; when no refresh succeeded by the end, less a
    margin of a third of it or 32 s, the session is over (10).
    """

    def __init__(self, agreement: Agreement, now: float) -> None:
        self._agreement = agreement
        self._started = now
        self._asked = False

    @property
    def next_wake(self) -> float:
        """When `wake` is to be called."""
        seconds = self._agreement.seconds
        if self._agreement.we_refresh and not self._asked:
            return self._started + seconds / 2
        return self._started + seconds - min(32.0, seconds / 3)

    def wake(self, now: float) -> Literal["refresh", "expired"] | None:
        """`refresh`: send a re-INVITE or UPDATE with Session-Expires; `expired`: send a BYE. None: nothing is due."""
        if now < self.next_wake:
            return None
        if self._agreement.we_refresh and not self._asked:
            self._asked = True
            return "refresh"
        return "expired"

    def refreshed(self, agreement: Agreement, now: float) -> None:
        """A refresh succeeded, ours or theirs, with what its 2xx has settled."""
        self._agreement = agreement
        self._started = now
        self._asked = False
