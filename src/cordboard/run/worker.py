"""The worker role: outbox, timers and jobs, with every context's handlers wired in."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.messaging.queueing import RELEASE_TIMER
from cordboard.domain.messaging.use_cases.receive_messages import ANSWER_JOB, ASSEMBLY_TIMER, MEDIA_JOB
from cordboard.domain.numbers.service import RENEWAL_TIMER
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
    timers = TimerLoop(platform.database, platform.clock)
    timers.handle(RELEASE_TIMER, platform.release_messages)
    timers.handle(ASSEMBLY_TIMER, platform.receive_messages.give_up_waiting)
    timers.handle(RENEWAL_TIMER, platform.numbers.renew)
    jobs = JobLoop(platform.database, platform.clock)
    jobs.handle(ANSWER_JOB, platform.answer_messages)
    jobs.handle(MEDIA_JOB, platform.keep_media)
    return Worker(dispatcher=Dispatcher(platform.database), timers=timers, jobs=jobs)
