"""Ours: the calls of the sandbox's handsets."""

from __future__ import annotations

from typing import Any, Final

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.sandbox.models import CallPlan, HandsetCall
from cordboard.domain.sandbox.service import SandboxService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.sandbox.handsets import PageQuery
from cordboard.kit.clock import epoch_ms
from cordboard.kit.paging import Page
from cordboard.kit.phone import require_number

_PATH: Final = "/sandbox/handsets/{number}/calls"
_TAG: Final = "Sandbox"
_NUMBER: Final = {"number": "+19492221234"}
_CALL_ID: Final = "8a9cf5a7-7b5c-4a87-9a3e-5a9d5b6a1f52"
_CALL: Final[dict[str, Any]] = {
    "callId": _CALL_ID,
    "direction": "inbound",
    "from": "+19495550100",
    "to": "+19492221234",
    "state": "ended",
    "startedAt": 1767614400000,
    "answeredAt": 1767614401000,
    "endedAt": 1767614409000,
    "reason": "hung up by the other side",
    "digits": "42#",
    "recordingUrl": "http://127.0.0.1:8000/media/Zq3vN1cJr0l2mB7d.wav",
}


class CallBody(CallPlan, frozen=True, rename="camel", kw_only=True):
    """Which of our numbers is called, and what the handset does."""

    to: str


class HandsetCallsResource:
    """`/sandbox/handsets/{number}/calls`; `direction` is as the handset sees it: `inbound` is what it got."""

    def __init__(self, sandbox: SandboxService) -> None:
        self._sandbox = sandbox

    async def get_calls(self, call: Call) -> Reply:
        """The newest calls of a handset, in the order of time."""
        page = Page.of(call.query.size, call.query.offset)
        calls = await self._sandbox.calls(call.tx, _handset(call), page)
        return Reply([render_call(one) for one in calls])

    async def place_call(self, call: Call) -> Reply:
        """The handset calls one of our numbers, as soon as a voice process takes it. Raises NotAHandsetError, and
        NobodysNumberError when the number is nobody's.
        """
        handset, body = _handset(call), call.body
        to = require_number("to", body.to)
        plan = CallPlan(answer_ms=body.answer_ms, say=body.say, dtmf=body.dtmf, hangup_after_ms=body.hangup_after_ms)
        return Reply([render_call(await self._sandbox.call_out(call.tx, handset, to, plan))])

    async def hang_up(self, call: Call) -> Reply:
        """The handset hangs up. Raises HandsetCallNotFoundError."""
        ended = await self._sandbox.hang_up(call.tx, _handset(call), uuid_in_path(call, "callId"))
        return Reply([render_call(ended)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=_PATH,
                handler=self.get_calls,
                summary="Get a handset's calls",
                privilege=Privilege.PLATFORM_ADMIN,
                query=PageQuery,
                tag=_TAG,
                example=Example(path=_NUMBER, response=_CALL),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=_PATH,
                handler=self.place_call,
                summary="Call one of our numbers from a handset",
                privilege=Privilege.PLATFORM_ADMIN,
                body=CallBody,
                tag=_TAG,
                example=Example(
                    path=_NUMBER,
                    body={
                        "to": "+19495550100",
                        "answerMs": 30000,
                        "say": "Hello, is anybody there?",
                        "dtmf": "w1",
                        "hangupAfterMs": 10000,
                    },
                    response=_CALL,
                ),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=f"{_PATH}/{{callId}}",
                handler=self.hang_up,
                summary="Hang up a handset's call",
                privilege=Privilege.PLATFORM_ADMIN,
                tag=_TAG,
                example=Example(path={**_NUMBER, "callId": _CALL_ID}, response=_CALL),
            ),
        )


def render_call(call: HandsetCall) -> dict[str, Any]:
    """A call as the API shows it."""
    return {
        "callId": call.id,
        "direction": call.direction,
        "from": call.caller,
        "to": call.callee,
        "state": call.state,
        "startedAt": epoch_ms(call.started_at),
        "answeredAt": epoch_ms(call.answered_at) if call.answered_at else None,
        "endedAt": epoch_ms(call.ended_at) if call.ended_at else None,
        "reason": call.reason,
        "digits": call.digits,
        "recordingUrl": call.recording_url,
    }


def _handset(call: Call) -> str:
    return require_number("number", call.path["number"])
