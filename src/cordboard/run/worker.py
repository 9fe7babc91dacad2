"""The worker role: outbox, timers and jobs, with every context's handlers wired in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from cordboard.domain.accounts.events import USER_DELETED, WORK_GROUP_DELETED
from cordboard.domain.assets import subscribers as assets
from cordboard.domain.assets.tasks import SWEEP_JOB, SweepBlob
from cordboard.domain.billing.alerts import ALERT_TIMER
from cordboard.domain.billing.events import CREDITED
from cordboard.domain.compliance.events import DNC_CHANGED
from cordboard.domain.dispositions.events import ASSIGNED as DISPOSITIONS_ASSIGNED
from cordboard.domain.live_lists import subscribers as live_lists
from cordboard.domain.live_lists.events import STATUS_CHANGED as LIST_STATUS_CHANGED
from cordboard.domain.messaging.events import DELIVERY_CHANGED, RECEIVED, SENT
from cordboard.domain.messaging.queueing import RELEASE_TIMER
from cordboard.domain.messaging.use_cases.receive_messages import ANSWER_JOB, ASSEMBLY_TIMER, MEDIA_JOB, ROUTE_JOB
from cordboard.domain.numbers import subscribers as numbers
from cordboard.domain.numbers.moving import QUARANTINE_TIMER
from cordboard.domain.numbers.service import RENEWAL_TIMER
from cordboard.domain.phones import subscribers as phones
from cordboard.domain.phones.events import STATUS_CHANGED
from cordboard.domain.reporting.log_exports import EXPORT_JOB, FORGET_JOB
from cordboard.domain.reporting.service import REBUILD_JOB
from cordboard.domain.reporting.subscribers import StatisticsSubscribers
from cordboard.domain.reporting.subscribers_campaigns import CampaignSubscribers
from cordboard.domain.reporting.use_cases.rebuild_statistics import RebuildStatistics
from cordboard.domain.reporting.use_cases.write_export import ForgetExport, WriteExport
from cordboard.domain.routing.events import ROUTED
from cordboard.domain.scripts.events import COMPLETED as SCRIPT_COMPLETED
from cordboard.domain.uploads import tasks as uploads
from cordboard.domain.uploads.events import PROGRESSED as UPLOAD_PROGRESSED
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
from cordboard.domain.workflows.events import STATUS_CHANGED as RUN_STATUS_CHANGED
from cordboard.domain.workflows.loop import CHANNEL as CAMPAIGNS
from cordboard.domain.workflows.loop import RunLoop
from cordboard.domain.workflows.outside.asking import JOBS as RUN_JOBS
from cordboard.domain.workflows.runners.filling import FILL_JOB
from cordboard.domain.workflows.runners.schedules import SCHEDULE_TIMER
from cordboard.domain.workflows.runners.service import RUNNER_TIMER
from cordboard.domain.workflows.talks.models import TALK_JOB, TALK_TIMER
from cordboard.domain.workflows.use_cases.publish_workflow import MOVE_JOB
from cordboard.edge.carriers.sandbox import RECEIPT_TIMER, REPLY_TIMER
from cordboard.engines.workflow.effects import AskAssistant, CallWebhook, DrawMeme, LookUpCarrier, SendEmail
from cordboard.infra.db.pool import Wakeups
from cordboard.infra.events import Dispatcher
from cordboard.infra.events.outbox import CHANNEL as OUTBOX
from cordboard.infra.jobs.queue import CHANNEL as JOBS
from cordboard.infra.jobs.queue import JobLoop
from cordboard.infra.jobs.timers import CHANNEL as TIMERS
from cordboard.infra.jobs.timers import TimerLoop
from cordboard.infra.mail import MAIL_JOB
from cordboard.infra.mail.sending import SendMail
from cordboard.run.adapters import RenewalsAfterPayments
from cordboard.run.campaign_subscriptions import subscribe_campaigns
from cordboard.run.inbox_subscriptions import subscribe_inbox
from cordboard.run.log_readers import calls_reader, messages_reader
from cordboard.run.platform import SPOOL_FOLDER, Platform

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
    (LIST_STATUS_CHANGED, "live_list_status", ""),
    (RUN_STATUS_CHANGED, "campaign_status", "campaignRunId"),
)
"""Topic, event type, and the member that names whose debug log tells of the delivery."""


@dataclass(frozen=True, slots=True)
class Worker:
    """The loops of one worker process."""

    dispatcher: Dispatcher
    timers: TimerLoop
    jobs: JobLoop
    uploads: JobLoop
    webhooks: Deliverer
    campaigns: RunLoop


def build_worker(platform: Platform) -> Worker:
    """The loops, knowing who subscribes to what and who handles which timers and jobs."""
    timers = TimerLoop(platform.database, platform.clock)
    timers.handle(RELEASE_TIMER, platform.texts.release)
    timers.handle(ASSEMBLY_TIMER, platform.texts.receive.give_up_waiting)
    timers.handle(RENEWAL_TIMER, platform.renew_numbers)
    timers.handle(ALERT_TIMER, platform.billing.alerts.look_again)
    timers.handle(QUARANTINE_TIMER, platform.move_numbers.end_quarantine)
    timers.handle(RECEIPT_TIMER, platform.handsets.tell_receipts)
    timers.handle(REPLY_TIMER, platform.handsets.send_replies)
    timers.handle(ANNOUNCE_TIMER, platform.voicemail.announce_late)
    timers.handle(RUNNER_TIMER, platform.campaigns.runners.tick)
    timers.handle(SCHEDULE_TIMER, platform.campaigns.schedules.fire)
    timers.handle(RESET_TIMER, platform.thresholds.reset)
    timers.handle(TALK_TIMER, platform.campaigns.talks.hearing.gave_up)
    jobs = JobLoop(platform.database, platform.clock)
    jobs.handle(ANSWER_JOB, platform.texts.answer)
    jobs.handle(ROUTE_JOB, platform.texts.route)
    jobs.handle(CALLBACK_JOB, platform.send_callback)
    jobs.handle(MEDIA_JOB, platform.texts.keep_media)
    jobs.handle(SWEEP_JOB, SweepBlob(platform.database, platform.blobs))
    jobs.handle(MAIL_JOB, SendMail(platform.mailer))
    jobs.handle(RUN_JOBS[CallWebhook], platform.campaigns.call_webhook)
    jobs.handle(RUN_JOBS[LookUpCarrier], platform.campaigns.look_up)
    jobs.handle(RUN_JOBS[SendEmail], platform.campaigns.send_email)
    jobs.handle(RUN_JOBS[DrawMeme], platform.campaigns.draw_meme)
    jobs.handle(MOVE_JOB, platform.campaigns.move)
    jobs.handle(TALK_JOB, platform.campaigns.talks.talk_on)
    jobs.handle(RUN_JOBS[AskAssistant], platform.campaigns.talks.begin)
    jobs.handle(FILL_JOB, platform.campaigns.fill)
    handle_reporting(jobs, platform)
    dispatcher = Dispatcher(platform.database)
    subscribe_webhooks(dispatcher, platform)
    subscribe_campaigns(dispatcher, platform)
    subscribe_inbox(dispatcher, platform)
    subscribe_statistics(dispatcher, platform)
    dispatcher.subscribe(USER_DELETED, numbers.forget_users)
    dispatcher.subscribe(USER_DELETED, phones.forget_users)
    dispatcher.subscribe(WORK_GROUP_DELETED, phones.forget_groups)
    dispatcher.subscribe(USER_DELETED, assets.forget_users)
    dispatcher.subscribe(USER_DELETED, live_lists.forget_users)
    dispatcher.subscribe(WORK_GROUP_DELETED, assets.forget_groups)
    dispatcher.subscribe(CREDITED, RenewalsAfterPayments(platform.renew_numbers))
    return Worker(
        dispatcher=dispatcher,
        timers=timers,
        jobs=jobs,
        uploads=build_upload_loop(platform),
        webhooks=build_deliverer(platform),
        campaigns=platform.campaigns.loop,
    )


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
    dispatcher.subscribe(UPLOAD_PROGRESSED, named.of("callback"))
    plain = EventSubscribers(platform.clock, platform.ids)
    for topic, event_type, about in _TOLD_AS_THEY_ARE:
        dispatcher.subscribe(topic, plain.of(event_type, about))
    dispatcher.subscribe(DISPOSITIONS_ASSIGNED, plain.of("dispo_status", "callSid", "smsSid"))


def build_upload_loop(platform: Platform) -> JobLoop:
    """The loop that works off uploads: few at once, and under a lease that ends soon after a worker died."""
    loop = JobLoop(
        platform.database,
        platform.clock,
        concurrency=uploads.AT_ONCE,
        most_attempts=uploads.MOST_FAILURES + 2,
        lease=uploads.LEASE_SECONDS,
    )
    loop.handle(uploads.UPLOAD_JOB, platform.contact_tools.process_upload)
    return loop


def subscribe_statistics(dispatcher: Dispatcher, platform: Platform) -> None:
    """Statistics, and the report of campaigns, count what messaging and voice tell of."""
    statistics = StatisticsSubscribers(platform.numbers)
    dispatcher.subscribe(SENT, statistics.messages_sent)
    dispatcher.subscribe(RECEIVED, statistics.messages_received)
    dispatcher.subscribe(voice.PLACED, statistics.calls_placed)
    dispatcher.subscribe(voice.IN_PROGRESS, statistics.calls_answered)
    dispatcher.subscribe(voice.COMPLETED, statistics.calls_completed)
    campaigns = CampaignSubscribers()
    dispatcher.subscribe(SENT, campaigns.messages_sent)
    dispatcher.subscribe(RECEIVED, campaigns.messages_received)
    dispatcher.subscribe(voice.COMPLETED, campaigns.calls_completed)


def handle_reporting(jobs: JobLoop, platform: Platform) -> None:
    """Statistics are filled, logs written to files and removed."""
    jobs.handle(REBUILD_JOB, RebuildStatistics(platform.clock, platform.database))
    write = WriteExport(
        clock=platform.clock,
        database=platform.database,
        blobs=platform.blobs,
        readers={"calls": calls_reader(platform.voice), "sms": messages_reader(platform.messaging)},
        spool=platform.settings.data_path / SPOOL_FOLDER,
    )
    jobs.handle(EXPORT_JOB, write)
    jobs.handle(FORGET_JOB, ForgetExport(platform.database, platform.blobs))


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
        "uploads": partial(worker.uploads.run, wakeups.event(uploads.CHANNEL)),
        "webhooks": partial(worker.webhooks.run, wakeups.event(WEBHOOKS)),
        "campaigns": partial(worker.campaigns.run, wakeups.event(CAMPAIGNS)),
    }
