"""What the worker does for inboxes: events of every context that has something to tell become conversations."""

from __future__ import annotations

from cordboard.domain.accounts.events import USER_DELETED
from cordboard.domain.inbox.events import PUBLISHED
from cordboard.domain.messaging import events as messaging
from cordboard.domain.uploads import events as uploads
from cordboard.domain.voice import events as voice
from cordboard.domain.voicemail import events as voicemail
from cordboard.infra.events import Dispatcher
from cordboard.run.platform import Platform


def subscribe_inbox(dispatcher: Dispatcher, platform: Platform) -> None:
    """The subscribers of inboxes."""
    inbox = platform.inbox.subscribers
    dispatcher.subscribe(messaging.SENT, inbox.message_sent)
    dispatcher.subscribe(messaging.RECEIVED, inbox.message_received)
    dispatcher.subscribe(messaging.ROUTED, inbox.message_routed)
    dispatcher.subscribe(voice.COMPLETED, inbox.call_completed)
    dispatcher.subscribe(voice.RECORDED, inbox.call_recorded)
    dispatcher.subscribe(voicemail.RECORDED, inbox.voicemail_recorded)
    dispatcher.subscribe(PUBLISHED, inbox.published)
    dispatcher.subscribe(uploads.PROGRESSED, inbox.upload_progressed)
    dispatcher.subscribe(USER_DELETED, inbox.forget_users)
