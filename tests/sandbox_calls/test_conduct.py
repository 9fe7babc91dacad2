"""What a handset does, from what is said of it."""

from __future__ import annotations

from cordboard.domain.sandbox.models import CallPlan, HandsetScript
from cordboard.edge.sandbox_calls.conduct import (
    Conduct,
    answer_seconds,
    conduct_of_plan,
    conduct_of_script,
    refusal_of,
    ringing_seconds,
)


def test_a_person() -> None:
    script = HandsetScript(say="Yes?", dtmf="1", hangup_after_ms=1500)

    assert conduct_of_script(script) == Conduct(say="Yes?", dtmf="1", hangup_seconds=1.5)
    assert conduct_of_script(HandsetScript()) == Conduct(say="Hello?")
    assert (answer_seconds(script), refusal_of(script)) == (1.0, None)
    assert answer_seconds(HandsetScript(answer_after_ms=0)) == 0


def test_a_machine_presses_nothing_and_beeps() -> None:
    conduct = conduct_of_script(HandsetScript(answer="machine", dtmf="1"))

    assert (conduct.dtmf, conduct.beeps) == ("", True)
    assert len(conduct.say.split()) > 30


def test_refusals_come_at_once() -> None:
    script = HandsetScript(answer="busy")

    assert answer_seconds(script) == 0
    assert answer_seconds(HandsetScript(answer="busy", answer_after_ms=500)) == 0.5


def test_a_handset_that_calls() -> None:
    assert conduct_of_plan(CallPlan()) == Conduct(say="")
    assert (ringing_seconds(CallPlan()), ringing_seconds(CallPlan(answer_ms=0))) == (60, 0)
