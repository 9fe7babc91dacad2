"""Transfers that a party asks for (RFC 3515, RFC 5589): one at a time, and the party is told how it goes."""

from __future__ import annotations

from typing import Final

from cordboard.edge.sip.context import DialogHandle, LegHandle
from cordboard.edge.sip.port import Referred
from cordboard.edge.sip.timers import Timer
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.refer import SIPFRAG_TYPE, refer_progress_headers, refer_target, sipfrag

LONGEST_TRANSFER: Final = 180
"""Seconds after which the party is told that a transfer failed which nobody has reported on."""


class Transfers:
    """Of one dialog."""

    def __init__(self, owner: LegHandle, dialog: DialogHandle) -> None:
        self._owner = owner
        self._dialog = dialog
        self._timer: Timer | None = None
        self._is_told = False

    @property
    def is_active(self) -> bool:
        """Whether a transfer is under way."""
        return self._timer is not None

    def receive(self, request: Request, key: TransactionKey) -> None:
        """A REFER."""
        if not self._dialog.dialog.confirmed or self.is_active:
            self._dialog.reply(request, key, 491)
            return
        try:
            target = refer_target(request)
        except SipSyntaxError as error:
            self._dialog.reply(request, key, error.status)
            return
        if target.method != "INVITE":
            self._dialog.reply(request, key, 501)
            return
        self._is_told = request.headers.get("Refer-Sub").strip().lower() != "false"
        headers = [("Contact", self._dialog.contact())] + ([] if self._is_told else [("Refer-Sub", "false")])
        self._dialog.reply(request, key, 202, headers=headers)
        self._timer = self._owner.after(LONGEST_TRANSFER, lambda: self.notify(408, ""))
        self.notify(100, "")
        replaces = target.replaces
        names = (replaces.call_id, replaces.to_tag, replaces.from_tag) if replaces else None
        self._owner.tell(Referred(str(target.uri), names))

    def notify(self, status: int, reason: str) -> None:
        """Tells how it goes; a final status ends it."""
        if self._timer is None:
            return
        if status >= 200:
            self.close()
        if self._is_told:
            self._dialog.request(
                "NOTIFY",
                self._heard,
                headers=refer_progress_headers(status, LONGEST_TRANSFER),
                body=sipfrag(status, reason),
                content_type=SIPFRAG_TYPE,
            )

    def close(self) -> None:
        """Nothing is reported any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _heard(self, response: Response) -> None:
        """Whoever refuses to be told is not told any more (RFC 6665 4.2.2)."""
        if response.status >= 300:
            self._is_told = False
