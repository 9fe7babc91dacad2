"""What runs went through, for the debug log: a line a node, under the run's id (request 106)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cordboard.domain.debuglog.models import Entry, run_action
from cordboard.domain.workflows.models import Run
from cordboard.engines.workflow.effects import Effect
from cordboard.engines.workflow.turn import Trace


def trace_entries(run: Run, history: Sequence[Trace], now: datetime) -> list[Entry]:
    """The lines of a step."""
    return [
        run_action(run.account_id, run.id, now, trace.kind, trace.node, trace.note, success=trace.kind != "failed")
        for trace in history
    ]


def note_entry(run: Run, now: datetime, effect: Effect, note: str, *, success: bool = True) -> Entry:
    """What came of an effect."""
    return run_action(run.account_id, run.id, now, type(effect).__name__, effect.node, note, success=success)


def ending_entry(run: Run, now: datetime, reason: str) -> Entry:
    """That somebody ended a run."""
    return run_action(run.account_id, run.id, now, "stopped", run.state.at, reason, success=True)


def failure_entry(run: Run, now: datetime, reason: str) -> Entry:
    """That a run ended because its step cannot be made."""
    return run_action(run.account_id, run.id, now, "failed", run.state.at, reason, success=False)
