"""Sms: a text in the middle of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from cordboard.engines.callflow.attributes import METHOD, NUMBER, URL, Attribute
from cordboard.engines.callflow.commands import Method, SendSms
from cordboard.engines.callflow.events import FlowEvent, SmsSent
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.tags import Verb

_LONGEST: Final = 1600


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms(Verb):
    """Sends a text. With `action` that is then requested with `SmsSid`, `SmsStatus` (sent or failed) and `Body`, and
    its document goes on; else the next verb runs. It does not answer the call.
    """

    name = "Sms"
    content = f"the text, at most {_LONGEST} characters"
    needs_media = False

    recipient: Annotated[str, Attribute("to", NUMBER, "Who gets it.", shown="the other party of the call")] = ""
    sender: Annotated[str, Attribute("from", NUMBER, "A number of yours.", shown="your number in this call")] = ""
    action: Annotated[str, Attribute("action", URL, "Requested when it was sent, or refused.")] = ""
    method: Annotated[Method, Attribute("method", METHOD, "How `action` is requested.")] = "POST"
    status_callback: Annotated[str, Attribute("statusCallback", URL, "Told how the text fares.")] = ""
    status_callback_method: Annotated[Method, Attribute("statusCallbackMethod", METHOD, "How that is requested.")] = (
        "POST"
    )

    def begin(self, run: Run) -> None:
        """Hands the text over."""
        if not 1 <= len(self.text) <= _LONGEST:
            run.fail("SMS", self.describe()[:_LONGEST], f"the text must have 1 to {_LONGEST} characters")
            return
        request = run.state.request
        party, ours = request.from_number, request.to_number
        if request.direction == "outbound":
            party, ours = ours, party
        step = run.new_id()
        run.update(step=step)
        run.emit(
            SendSms(
                step=step,
                recipient=self.recipient or party,
                sender=self.sender or ours,
                text=self.text,
                status_callback=self.status_callback,
                status_callback_method=self.status_callback_method,
            )
        )

    def on_event(self, run: Run, event: FlowEvent) -> None:
        """Sent or refused: `action`, or the next verb."""
        if not isinstance(event, SmsSent) or not run.awaits(event):
            return
        response = event.error or f"Message {event.sid}: {event.status}"
        run.log("SMS", self.describe(), response, success=event.status == "sent")
        if self.action:
            told = (("SmsSid", event.sid), ("SmsStatus", event.status), ("Body", self.text))
            run.act(self.action, self.method, told)
        else:
            run.done()
