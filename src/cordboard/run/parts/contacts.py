"""What contacts are found and loaded by, wired."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.search.indexing import IndexContacts
from cordboard.domain.contacts.search.queries import SavedQueries
from cordboard.domain.contacts.search.service import ContactSearch
from cordboard.domain.contacts.use_cases.import_contacts import ImportContacts
from cordboard.domain.uploads import kinds
from cordboard.domain.uploads.service import UploadService
from cordboard.domain.uploads.tasks import ProcessUpload
from cordboard.domain.webhooks.service import WebhookService
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids


@dataclass(frozen=True, slots=True)
class ContactTools:
    """Search, saved queries and uploads, beside the service that everybody asks."""

    search: ContactSearch
    queries: SavedQueries
    index: IndexContacts
    uploads: UploadService
    process_upload: ProcessUpload


def build_contact_tools(
    *,
    database: Database,
    clock: Clock,
    ids: Ids,
    blobs: Blobs,
    accounts: AccountService,
    compliance: ComplianceService,
    webhooks: WebhookService,
    allow_private_urls: bool,
) -> ContactTools:
    """The tools of contacts."""
    kinds_of_uploads = kinds.kinds(ImportContacts(clock, ids), compliance)
    return ContactTools(
        search=ContactSearch(database),
        queries=SavedQueries(clock, ids),
        index=IndexContacts(database),
        uploads=UploadService(
            clock=clock,
            ids=ids,
            blobs=blobs,
            kinds=kinds_of_uploads,
            callbacks=webhooks,
            allow_private_urls=allow_private_urls,
        ),
        process_upload=ProcessUpload(
            clock=clock, database=database, blobs=blobs, accounts=accounts, kinds=kinds_of_uploads
        ),
    )
