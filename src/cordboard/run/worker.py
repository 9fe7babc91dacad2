"""The worker role: outbox, timers and jobs, with every context's handlers wired in."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.infra.events import Dispatcher
from cordboard.infra.jobs.queue import JobLoop
from cordboard.infra.jobs.timers import TimerLoop
from cordboard.run.platform import Platform


@dataclass(frozen=True, slots=True)
class Worker:
    """The loops of one worker process."""

    dispatcher: Dispatcher
    timers: TimerLoop
    jobs: JobLoop


def build_worker(platform: Platform) -> Worker:
    """The loops, knowing who subscribes to what and who handles which timers and jobs."""
    return Worker(
        dispatcher=Dispatcher(platform.database),
        timers=TimerLoop(platform.database, platform.clock),
        jobs=JobLoop(platform.database, platform.clock),
    )
