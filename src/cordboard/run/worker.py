"""The worker role: outbox, timers and jobs, with every context's handlers wired in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from cordboard.domain.compliance.events import DNC_CHANGED
from cordboard.domain.messaging.events import DELIVERY_CHANGED, RECEIVED, SENT
from cordboard.domain.messaging.queueing import RELEASE_TIMER
from cordboard.domain.messaging.use_cases.receive_messages import ANSWER_JOB, ASSEMBLY_TIMER, MEDIA_JOB, ROUTE_JOB
from cordboard.domain.numbers.service import RENEWAL_TIMER
from cordboard.domain.phones.events import STATUS_CHANGED
from cordboard.domain.routing.events import ROUTED
from cordboard.domain.scripts.events import COMPLETED as SCRIPT_COMPLETED
from cordboard.domain.voice import events as voice
from cordboard.domain.voice.callbacks import CALLBACK_JOB
from cordboard.domain.voice.thresholds import RESET_TIMER
from cordboard.domain.voicemail import events as voicemail
from cordboard.domain.voicemail.service import ANNOUNCE_TIMER
from cordboard.domain.webhooks.deliverer import Deliverer
from cordboard.domain.webhooks.models import WEBRTC_USER_STATUS
from cordboard.domain.webhooks.repository.queue import CHANNEL as WEBHOOKS
from cordboard.domain.webhooks.subscribers import WebhookSubscribers
from cordboard.domain.webhooks.subscribers_events import EventSubscribers
from cordboard.domain.webhooks.subscribers_named import NamedSubscribers
from cordboard.domain.webhooks.subscribers_routing import RoutingSubscribers
from cordboard.domain.webhooks.targets import Targets
from cordboard.edge.carriers.sandbox import RECEIPT_TIMER, REPLY_TIMER
from cordboard.infra.db.pool import Wakeups
from cordboard.infra.events import Dispatcher
from cordboard.infra.events.outbox import CHANNEL as OUTBOX
from cordboard.infra.jobs.queue import CHANNEL as JOBS
from cordboard.infra.jobs.queue import JobLoop
from cordboard.infra.jobs.timers import CHANNEL as TIMERS
from cordboard.infra.jobs.timers import TimerLoop
from cordboard.infra.mail import MAIL_JOB
from cordboard.infra.mail.sending import SendMail
from cordboard.run.platform import Platform

_TOLD_AS_THEY_ARE: Final = (
    (voice.DIALING, "call_dialing", "callSid"),
    (voice.IN_PROGRESS, "call_in_progress", "callSid"),
    (voice.COMPLETED, "call_completion", "callSid"),
    (voice.RECORDED, "recording", "callSid"),
    (voice.THRESHOLD, "call_threshold", ""),
    (voice.THRESHOLD_RESET, "call_threshold_reset", ""),
    (voice.CONFERENCE_STARTED, "conference_start", ""),
    (voice.CONFERENCE_ENDED, "conference_end", ""),
    (voice.CONFERENCE_JOINED, "conference_guest_join", "callSid"),
    (voice.CONFERENCE_LEFT, "conference_guest_exit", "callSid"),
    (voicemail.RECORDED, "voicemail", "callSid"),
    (STATUS_CHANGED, WEBRTC_USER_STATUS, ""),
)
"""Topic, event type, and the member that names whose debug log tells of the delivery."""


@dataclass(frozen=True, slots=True)
class Worker:
    """The loops of one worker process."""

    dispatcher: Dispatcher
    timers: TimerLoop
    jobs: JobLoop
    webhooks: Deliverer


def build_worker(platform: Platform) -> Worker:
    """The loops, knowing who subscribes to what and who handles which timers and jobs."""
    timers = TimerLoop(platform.database, platform.clock)
    timers.handle(RELEASE_TIMER, platform.release_messages)
    timers.handle(ASSEMBLY_TIMER, platform.receive_messages.give_up_waiting)
    timers.handle(RENEWAL_TIMER, platform.numbers.renew)
    timers.handle(RECEIPT_TIMER, platform.handsets.tell_receipts)
    timers.handle(REPLY_TIMER, platform.handsets.send_replies)
    timers.handle(ANNOUNCE_TIMER, platform.voicemail.announce_late)
    timers.handle(RESET_TIMER, platform.thresholds.reset)
    jobs = JobLoop(platform.database, platform.clock)
    jobs.handle(ANSWER_JOB, platform.answer_messages)
    jobs.handle(ROUTE_JOB, platform.route_messages)
    jobs.handle(CALLBACK_JOB, platform.send_callback)
    jobs.handle(MEDIA_JOB, platform.keep_media)
    jobs.handle(MAIL_JOB, SendMail(platform.mailer))
    dispatcher = Dispatcher(platform.database)
    subscribe_webhooks(dispatcher, platform)
    return Worker(dispatcher=dispatcher, timers=timers, jobs=jobs, webhooks=build_deliverer(platform))


def subscribe_webhooks(dispatcher: Dispatcher, platform: Platform) -> None:
    """Webhooks listen to every context that has something to tell."""
    webhooks = WebhookSubscribers(platform.clock, platform.ids, platform.accounts, platform.webhooks)
    dispatcher.subscribe(SENT, webhooks.message_sent)
    dispatcher.subscribe(DELIVERY_CHANGED, webhooks.delivery_changed)
    dispatcher.subscribe(RECEIVED, webhooks.message_received)
    dispatcher.subscribe(DNC_CHANGED, webhooks.dnc_changed)
    routing = RoutingSubscribers(platform.clock, platform.ids, platform.webhooks)
    dispatcher.subscribe(ROUTED, routing.routed)
    named = NamedSubscribers(platform.clock, platform.ids, platform.webhooks)
    dispatcher.subscribe(SCRIPT_COMPLETED, named.of("callbackId"))
    plain = EventSubscribers(platform.clock, platform.ids)
    for topic, event_type, about in _TOLD_AS_THEY_ARE:
        dispatcher.subscribe(topic, plain.of(event_type, about))


def build_deliverer(platform: Platform) -> Deliverer:
    """The loop that delivers webhooks."""
    return Deliverer(
        database=platform.database,
        client=platform.webhook_client,
        clock=platform.clock,
        targets=Targets(platform.webhook_connections, platform.webhooks),
    )


def loops_of(worker: Worker, wakeups: Wakeups) -> dict[str, Callable[[], Awaitable[None]]]:
    """What the role runs, by name: loops that end when they are cancelled, each woken on its channel."""
    return {
        "outbox": partial(worker.dispatcher.run, wakeups.event(OUTBOX)),
        "timers": partial(worker.timers.run, wakeups.event(TIMERS)),
        "jobs": partial(worker.jobs.run, wakeups.event(JOBS)),
        "webhooks": partial(worker.webhooks.run, wakeups.event(WEBHOOKS)),
    }
