"""The session timer of a dialog (RFC 4028): refreshed by UPDATE where the party knows it, else by re-INVITE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cordboard.edge.sip.context import DialogHandle, LegContext, LegHandle
from cordboard.edge.sip.port import Ended
from cordboard.edge.sip.timers import Timer
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Response
from cordboard.wire.sip.session_timer import OPTION, Agreement, Refresher, SessionTimer, agreement_of, request_headers

_NO_UPDATE: Final = frozenset({405, 501})


class SessionRefresh:
    """`offer_again` sends a re-INVITE with the media as it is."""

    def __init__(
        self, owner: LegHandle, dialog: DialogHandle, context: LegContext, offer_again: Callable[[], None]
    ) -> None:
        self._owner = owner
        self._dialog = dialog
        self._core = context.core
        self._offer_again = offer_again
        self._seconds = context.session_seconds
        self._running: SessionTimer | None = None
        self._timer: Timer | None = None
        self._by_update = True
        self._refresher: Refresher | None = None

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What a request of ours that refreshes says; whoever refreshes goes on to."""
        return (*request_headers(self._seconds, self._refresher), ("Supported", OPTION))

    def agree(self, agreement: Agreement | None) -> None:
        """Something was settled, at first or anew; None ends it."""
        self.stop()
        if agreement is not None:
            self._seconds = agreement.seconds
            self._refresher = "uac" if agreement.we_refresh else "uas"
            self._running = SessionTimer(agreement, self._core.now)
            self._set_timer(self._running)

    def agree_by(self, response: Response) -> None:
        """The same by a 2xx to a request of ours; one that makes no sense settles nothing."""
        try:
            self.agree(agreement_of(response))
        except SipSyntaxError:
            self.agree(None)

    def stop(self) -> None:
        """No timer runs."""
        self._running = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, running: SessionTimer) -> None:
        self._timer = self._owner.after(running.next_wake - self._core.now, lambda: self._wake(running))

    def _wake(self, running: SessionTimer) -> None:
        if running is not self._running:
            return
        match running.wake(self._core.now):
            case "refresh":
                self._refresh()
            case "expired":
                self._dialog.hang_up(Ended("timeout", "the session timer ran out"))
                return
        if running is self._running:
            self._set_timer(running)

    def _refresh(self) -> None:
        if self._by_update and "UPDATE" in self._dialog.peer_allows:
            self._dialog.request("UPDATE", self._updated, headers=self.headers())
        else:
            self._offer_again()

    def _updated(self, response: Response) -> None:
        if response.is_success:
            self.agree_by(response)
        elif response.status in _NO_UPDATE:
            self._by_update = False
            self._refresh()
