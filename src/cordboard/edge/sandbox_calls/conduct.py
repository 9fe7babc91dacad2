"""What a handset does in a call, from its script or from the plan of the call that it makes. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from cordboard.domain.sandbox.models import AnswerManner, CallPlan, HandsetScript

RINGING_SECONDS: Final = 60.0
"""How long a handset that calls lets it ring."""

_ANSWER_SECONDS: Final = 1.0
_HELLO: Final = "Hello?"
_GREETING: Final = (
    "Hello. You have reached the answering machine of this number. We are sorry that nobody can come to the telephone"
    " right now. Please leave your name, your number and a short message after the tone, and we will call you back as"
    " soon as we can. Thank you for calling."
)


class Conduct(msgspec.Struct, frozen=True, kw_only=True):
    """What happens from the answer on: words, or a greeting that ends with a beep; then keys; then listening, until the
    other side hangs up or some seconds are over since the answer.
    """

    say: str
    dtmf: str = ""
    beeps: bool = False
    hangup_seconds: float | None = None


class Refusal(msgspec.Struct, frozen=True):
    """How a handset does not answer."""

    status: int
    reason: str


_REFUSALS: Final[dict[AnswerManner, Refusal]] = {
    "busy": Refusal(486, "Busy Here"),
    "reject": Refusal(603, "Decline"),
}


def refusal_of(script: HandsetScript) -> Refusal | None:
    """How the script refuses a call, if it does."""
    return _REFUSALS.get(script.answer)


def answer_seconds(script: HandsetScript) -> float:
    """How long it rings: a second if nothing is said, but a refusal comes at once then."""
    if script.answer_after_ms is not None:
        return script.answer_after_ms / 1000
    return 0.0 if script.answer in _REFUSALS else _ANSWER_SECONDS


def conduct_of_script(script: HandsetScript) -> Conduct:
    """What a handset does that was called, a person or a machine."""
    machine = script.answer == "machine"
    return Conduct(
        say=script.say or (_GREETING if machine else _HELLO),
        dtmf="" if machine else script.dtmf or "",
        beeps=machine,
        hangup_seconds=_seconds(script.hangup_after_ms),
    )


def conduct_of_plan(plan: CallPlan) -> Conduct:
    """What a handset does that calls."""
    return Conduct(say=plan.say or "", dtmf=plan.dtmf or "", hangup_seconds=_seconds(plan.hangup_after_ms))


def ringing_seconds(plan: CallPlan) -> float:
    """How long a handset that calls waits for an answer."""
    return RINGING_SECONDS if plan.answer_ms is None else plan.answer_ms / 1000


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000
