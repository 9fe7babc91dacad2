"""SMS templates (requests 138 to 143)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.templates import repository
from cordboard.domain.templates.models import SmsTemplate
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

LONGEST_TEXT: Final = 1600
_LONGEST_TITLE: Final = 255
_NOTED_EVERY: Final = timedelta(seconds=10)


class TemplateService:
    """The verbs of templates."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    async def add(self, tx: Tx, account_id: UUID, *, text: str, title: str, media_url: str) -> SmsTemplate:
        """A new template. Raises InvalidInputError."""
        template = SmsTemplate(
            account_id=account_id,
            id=self._ids.time_uuid(),
            text=text,
            title=title,
            media_url=media_url,
            last_used=None,
            archived=False,
            created_at=self._clock.now(),
        )
        _check(template)
        await repository.insert(tx, template)
        return template

    async def edit(
        self, tx: Tx, account_id: UUID, template_id: UUID, *, text: str | None, title: str | None, media_url: str | None
    ) -> SmsTemplate:
        """Changes what is given. Raises NotFoundError, InvalidInputError."""
        template = await self._present(tx, account_id, template_id, lock=True)
        changed = replace(
            template,
            text=template.text if text is None else text,
            title=template.title if title is None else title,
            media_url=template.media_url if media_url is None else media_url,
        )
        _check(changed)
        await repository.update(tx, changed)
        return changed

    async def get(self, tx: Tx, account_id: UUID, template_id: UUID) -> SmsTemplate:
        """A template that is not archived. Raises NotFoundError."""
        return await self._present(tx, account_id, template_id, lock=False)

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[SmsTemplate]:
        """The account's templates, the oldest first."""
        return await repository.page(tx, account_id, wanted)

    async def archive(self, tx: Tx, account_id: UUID, template_id: UUID) -> SmsTemplate:
        """Hides a template. Raises NotFoundError."""
        template = replace(await self._present(tx, account_id, template_id, lock=True), archived=True)
        await repository.update(tx, template)
        return template

    async def unarchive(self, tx: Tx, account_id: UUID, template_id: UUID) -> SmsTemplate:
        """Brings an archived template back. Raises NotFoundError."""
        template = await repository.find(tx, account_id, template_id, lock=True)
        if template is None:
            raise NotFoundError("templateId")
        template = replace(template, archived=False)
        await repository.update(tx, template)
        return template

    async def by_ids(self, tx: Tx, account_id: UUID, template_ids: Sequence[UUID]) -> dict[UUID, SmsTemplate]:
        """Those of the account that are not archived, by id."""
        return {template.id: template for template in await repository.by_ids(tx, account_id, template_ids)}

    async def touch(self, tx: Tx, pairs: Sequence[tuple[UUID, UUID]]) -> None:
        """Notes, to some seconds, that templates of accounts were used."""
        if pairs:
            now = self._clock.now()
            await repository.touch(tx, pairs, now, now - _NOTED_EVERY)

    @staticmethod
    async def _present(tx: Tx, account_id: UUID, template_id: UUID, *, lock: bool) -> SmsTemplate:
        template = await repository.find(tx, account_id, template_id, lock=lock)
        if template is None or template.archived:
            raise NotFoundError("templateId")
        return template


def _check(template: SmsTemplate) -> None:
    if not template.text.strip() and not template.media_url:
        raise InvalidInputError.of("templateText", "is required unless templateMediaUrl is given")
    if len(template.text) > LONGEST_TEXT:
        raise InvalidInputError.of("templateText", f"may have {LONGEST_TEXT} characters")
    if len(template.title) > _LONGEST_TITLE:
        raise InvalidInputError.of("templateTitle", f"may have {_LONGEST_TITLE} characters")
