"""The inbox, wired: who reads and writes conversations, and how they come to the sockets."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.contacts.service import ContactService
from cordboard.domain.inbox.feed import InboxFeed
from cordboard.domain.inbox.recording import Recorder
from cordboard.domain.inbox.service import InboxService
from cordboard.domain.inbox.subscribers import InboxSubscribers
from cordboard.domain.inbox.use_cases.read_conversations import ReadConversations
from cordboard.domain.inbox.use_cases.write_conversations import WriteConversations
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.voice.service import VoiceService
from cordboard.edge.sockets.inbox_hub import InboxHub
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids


@dataclass(frozen=True, slots=True)
class Inbox:
    """What conversations are read, written and told by."""

    service: InboxService
    read: ReadConversations
    write: WriteConversations
    subscribers: InboxSubscribers
    feed: InboxFeed
    hub: InboxHub


def build_inbox(
    service: InboxService,
    *,
    database: Database,
    clock: Clock,
    ids: Ids,
    contacts: ContactService,
    messaging: MessagingService,
    voice: VoiceService,
) -> Inbox:
    """The verbs of the inbox."""
    recorder = Recorder(contacts)
    read = ReadConversations(service, contacts, messaging)
    feed = InboxFeed(clock, contacts)
    return Inbox(
        service=service,
        read=read,
        write=WriteConversations(clock, ids, read, recorder, messaging),
        subscribers=InboxSubscribers(clock, recorder, voice),
        feed=feed,
        hub=InboxHub(database, feed, clock),
    )
