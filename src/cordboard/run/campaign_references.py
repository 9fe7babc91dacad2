"""What definitions of workflows name outside of themselves, looked up where it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from cordboard.domain.assets.models import AssetKey
from cordboard.domain.assets.service import AssetService
from cordboard.domain.assistants.service import AssistantService
from cordboard.domain.live_lists.service import LiveListService
from cordboard.domain.templates.service import TemplateService
from cordboard.domain.webhooks.service import WebhookService
from cordboard.domain.webhooks.workflow_callbacks import CALLBACK_TYPE
from cordboard.domain.workflows.repository import campaigns
from cordboard.infra.db import Tx
from cordboard.kit.errors import FieldError, NotFoundError
from cordboard.run.campaign_calls import CallsOfWorkflows

PICTURE_TYPE: Final = "meme-image"
Finder = Callable[[Tx, UUID, Sequence[str]], Awaitable[set[str]]]


class ReferencesOfWorkflows:
    """`workflows.ports.References` by the contexts that keep what is named."""

    def __init__(
        self,
        *,
        templates: TemplateService,
        webhooks: WebhookService,
        assets: AssetService,
        assistants: AssistantService,
        live_lists: LiveListService,
        calls: CallsOfWorkflows,
    ) -> None:
        self._live_lists = live_lists
        self._calls = calls
        self._templates = templates
        self._webhooks = webhooks
        self._assets = assets
        self._assistants = assistants
        self._finders: Mapping[str, Finder] = {
            "template": self._of_templates,
            "callback": self._of_callbacks,
            "campaign": self._of_campaigns,
            "picture": self._of_pictures,
            "assistant": self._of_assistants,
            "list": self._of_lists,
        }

    async def unknown(self, tx: Tx, account_id: UUID, kind: str, names: Sequence[str]) -> set[str]:
        """Those of the names that the account has not."""
        finder = self._finders.get(kind)
        return set(names) - await finder(tx, account_id, names) if finder else set()

    def call_faults(self, members: Mapping[str, Any]) -> Sequence[FieldError]:
        """What is wrong with the members of a call."""
        return self._calls.faults(members)

    async def _of_lists(self, tx: Tx, account_id: UUID, names: Sequence[str]) -> set[str]:
        return set(names) - await self._live_lists.unknown(tx, account_id, names)

    async def _of_templates(self, tx: Tx, account_id: UUID, names: Sequence[str]) -> set[str]:
        found = await self._templates.by_ids(tx, account_id, [UUID(name) for name in names])
        return {name for name in names if UUID(name) in found}

    async def _of_campaigns(self, tx: Tx, account_id: UUID, names: Sequence[str]) -> set[str]:
        found = await campaigns.known(tx, account_id, [UUID(name) for name in names])
        return {name for name in names if UUID(name) in found}

    async def _of_assistants(self, tx: Tx, account_id: UUID, names: Sequence[str]) -> set[str]:
        return set(names) - await self._assistants.unknown(tx, account_id, names)

    async def _of_callbacks(self, tx: Tx, account_id: UUID, names: Sequence[str]) -> set[str]:
        found = set()
        for name in names:
            try:
                webhook = await self._webhooks.get(tx, account_id, UUID(name))
            except NotFoundError:
                continue
            if webhook.event_type == CALLBACK_TYPE:
                found.add(name)
        return found

    async def _of_pictures(self, tx: Tx, account_id: UUID, names: Sequence[str]) -> set[str]:
        keys = {name: AssetKey(PICTURE_TYPE, name) for name in names}
        return {name for name, key in keys.items() if await self._assets.url_of(tx, account_id, key) is not None}
