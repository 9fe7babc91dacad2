"""What has to be done now and then whatever happens: partitions made and dropped, and forgotten what nobody needs."""

from __future__ import annotations

import asyncio

import structlog

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.dispositions.service import DispositionService
from cordboard.domain.emails.service import EmailService
from cordboard.domain.inbox.feed import InboxFeed
from cordboard.domain.inbox.service import InboxService
from cordboard.domain.live_lists.service import LiveListService
from cordboard.domain.lookups.service import LookupService
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.reporting.service import StatisticsService
from cordboard.domain.uploads.service import UploadService
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.workflows.service import CampaignService
from cordboard.edge.api.frame import idempotency
from cordboard.infra.db import Database
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.infra.db.pool import wait_for_work
from cordboard.kit.clock import Clock
from cordboard.run.platform import Platform

_EVERY_SECONDS = 3600.0
_log = structlog.get_logger(__name__)


class Upkeep:
    """Repeats the upkeep every hour, and when business time jumps."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        accounts: AccountService,
        messaging: MessagingService,
        voice: VoiceService,
        lookups: LookupService,
        live_lists: LiveListService,
        dispositions: DispositionService,
        campaigns: CampaignService,
        emails: EmailService,
        statistics: StatisticsService,
        inboxes: InboxService,
        inbox_feed: InboxFeed,
        uploads: UploadService,
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._messaging = messaging
        self._voice = voice
        self._lookups = lookups
        self._live_lists = live_lists
        self._dispositions = dispositions
        self._campaigns = campaigns
        self._emails = emails
        self._statistics = statistics
        self._inboxes = inboxes
        self._inbox_feed = inbox_feed
        self._uploads = uploads

    async def run(self, wakeup: asyncio.Event) -> None:
        """Works until cancelled; `wakeup` calls for a round at once."""
        while True:
            await self.once()
            await wait_for_work(wakeup, _EVERY_SECONDS)

    async def once(self) -> None:
        """One round."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            touched = await maintain_partitions(tx, now)
        async with self._database.transaction() as tx:
            await idempotency.forget_old(tx, now)
            await self._accounts.forget_old(tx)
            await self._messaging.forget_old(tx)
            await self._voice.forget_old(tx)
            await self._lookups.forget_old(tx)
            await self._live_lists.forget_old(tx)
            await self._dispositions.forget_old(tx)
            await self._campaigns.forget_old(tx)
            await self._emails.forget_old(tx)
            await self._statistics.forget_old(tx)
            await self._inboxes.forget_old(tx)
            await self._inbox_feed.forget_old(tx)
            uploaded = await self._uploads.forget_old(tx)
        await self._uploads.delete_files(uploaded)
        if touched:
            _log.info("upkeep.partitions", touched=touched)


def upkeep_of(platform: Platform) -> Upkeep:
    """The upkeep of a platform."""
    return Upkeep(
        platform.database,
        platform.clock,
        accounts=platform.accounts,
        messaging=platform.messaging,
        voice=platform.voice,
        lookups=platform.lookups,
        live_lists=platform.live_lists.service,
        dispositions=platform.dispositions,
        campaigns=platform.campaigns.service,
        emails=platform.emails,
        statistics=platform.statistics,
        inboxes=platform.inbox.service,
        inbox_feed=platform.inbox.feed,
        uploads=platform.contact_tools.uploads,
    )
