"""What is chosen by a setting: who is asked of numbers, where mail goes, what things cost."""

from __future__ import annotations

from pathlib import Path

from cordboard.domain.billing.service import BillingService
from cordboard.domain.lookups.directories.http import HttpDirectory
from cordboard.domain.lookups.directories.invented import InventedDirectory
from cordboard.domain.lookups.directories.offline import OfflineDirectory
from cordboard.domain.lookups.ports import CarrierDirectory
from cordboard.domain.lookups.service import LookupService
from cordboard.domain.lookups.settings import LookupSettings
from cordboard.infra.db import Database
from cordboard.infra.http import GuardedClient
from cordboard.infra.mail.port import Mailer
from cordboard.infra.mail.settings import SmtpSettings
from cordboard.infra.mail.sink import MailSink
from cordboard.infra.mail.smtp import SmtpMailer
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids
from cordboard.run.adapters import LookupsByBilling
from cordboard.run.settings import Billing


def build_lookups(
    settings: LookupSettings,
    *,
    sandbox: bool,
    clock: Clock,
    ids: Ids,
    database: Database,
    client: GuardedClient,
    billing: BillingService,
) -> LookupService:
    """The directory that is set; else the sandbox's while it is on; else the numbering plan."""
    local: CarrierDirectory = InventedDirectory() if sandbox else OfflineDirectory()
    return LookupService(
        clock=clock,
        ids=ids,
        database=database,
        directory=HttpDirectory(client, settings) if settings.url else local,
        local=local,
        charges=LookupsByBilling(billing),
    )


def build_mailer(settings: SmtpSettings, folder: Path, clock: Clock) -> Mailer:
    """The SMTP server that is set; else files in `folder`."""
    if settings.url:
        return SmtpMailer(settings, clock)
    return MailSink(folder, settings.sender, clock)


def build_billing(settings: Billing, clock: Clock, ids: Ids) -> BillingService:
    """Prices and currency as they are set."""
    return BillingService(
        clock=clock,
        ids=ids,
        mode=settings.mode,
        currency=settings.currency,
        defaults=settings.micros(),
    )
