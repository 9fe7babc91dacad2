"""Requests 138 to 143: SMS templates."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.templates.models import SmsTemplate
from cordboard.domain.templates.service import TemplateService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.infra.http import check_url
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.paging import Page

_TAG: Final = "SMS templates"
_ID: Final = {"templateId": "3539d410-5f65-11eb-a080-51e25f7d5918"}
_BODY: Final = {
    "templateText": "Hello %%FIRSTNAME|friend%%, see you on %%DAY%%!",
    "templateTitle": "Reminder",
    "templateMediaUrl": "https://example.com/image.png",
}
_EXAMPLE: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_ID, **_BODY}


class TemplateBody(msgspec.Struct, rename="camel"):
    """A text, a link to an image, or both. Editing changes what is given."""

    template_text: str | None = None
    template_title: str | None = None
    template_media_url: str | None = None


class PageQuery(msgspec.Struct):
    """At most 1000 templates at once."""

    size: int | None = None
    offset: int | None = None


class SmsTemplatesResource:
    """`/v4/smstemplate`."""

    def __init__(self, templates: TemplateService, *, allow_private_urls: bool) -> None:
        self._templates = templates
        self._allow_private = allow_private_urls

    async def get_templates(self, call: Call) -> Reply:
        """Up to 1000 templates, the oldest first."""
        page = Page.of(call.query.size, call.query.offset, usual=1000)
        found = await self._templates.page(call.tx, call.principal.account_id, page)
        return Reply([render_template(template) for template in found])

    async def add_template(self, call: Call) -> Reply:
        """A new template."""
        body: TemplateBody = call.body
        self._check(body)
        template = await self._templates.add(
            call.tx,
            call.principal.account_id,
            text=body.template_text or "",
            title=body.template_title or "",
            media_url=body.template_media_url or "",
        )
        return Reply([render_template(template)])

    async def edit_template(self, call: Call) -> Reply:
        """Changes what is given."""
        body: TemplateBody = call.body
        self._check(body)
        template = await self._templates.edit(
            call.tx,
            call.principal.account_id,
            self._id(call),
            text=body.template_text,
            title=body.template_title,
            media_url=body.template_media_url,
        )
        return Reply([render_template(template)])

    async def get_template(self, call: Call) -> Reply:
        """One template."""
        return Reply([render_template(await self._templates.get(call.tx, call.principal.account_id, self._id(call)))])

    async def archive_template(self, call: Call) -> Reply:
        """Hides a template."""
        archived = await self._templates.archive(call.tx, call.principal.account_id, self._id(call))
        return Reply([render_template(archived)])

    async def unarchive_template(self, call: Call) -> Reply:
        """Brings a template back."""
        restored = await self._templates.unarchive(call.tx, call.principal.account_id, self._id(call))
        return Reply([render_template(restored)])

    def _check(self, body: TemplateBody) -> None:
        is_filled_in = "%%" in (body.template_media_url or "")  # checked when a message fills it in
        if (
            body.template_media_url
            and not is_filled_in
            and (problem := check_url(body.template_media_url, self._allow_private))
        ):
            raise InvalidInputError.of("templateMediaUrl", problem)

    @staticmethod
    def _id(call: Call) -> UUID:
        return uuid_in_path(call, "templateId")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/smstemplate", "/v4/smstemplate/{templateId}"
        return (
            Endpoint(
                number="138",
                method="GET",
                path=base,
                handler=self.get_templates,
                summary="Get templates",
                privilege=Privilege.TEMPLATE_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(response=_EXAMPLE),
            ),
            Endpoint(
                number="139",
                method="POST",
                path=base,
                handler=self.add_template,
                summary="Add template",
                privilege=Privilege.TEMPLATE_UPDATE,
                body=TemplateBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_EXAMPLE),
            ),
            Endpoint(
                number="140",
                method="PUT",
                path=one,
                handler=self.edit_template,
                summary="Edit template",
                privilege=Privilege.TEMPLATE_UPDATE,
                body=TemplateBody,
                tag=_TAG,
                example=Example(path=_ID, body=_BODY, response=_EXAMPLE),
            ),
            Endpoint(
                number="141",
                method="GET",
                path=one,
                handler=self.get_template,
                summary="Get template",
                privilege=Privilege.TEMPLATE_READ,
                tag=_TAG,
                example=Example(path=_ID, response=_EXAMPLE),
            ),
            Endpoint(
                number="142",
                method="DELETE",
                path=one,
                handler=self.archive_template,
                summary="Archive template",
                privilege=Privilege.TEMPLATE_UPDATE,
                tag=_TAG,
                example=Example(path=_ID, response=_EXAMPLE),
            ),
            Endpoint(
                number="143",
                method="PUT",
                path=one + "/unarchive",
                handler=self.unarchive_template,
                summary="Unarchive template",
                privilege=Privilege.TEMPLATE_UPDATE,
                tag=_TAG,
                example=Example(path=_ID, response=_EXAMPLE),
            ),
        )


def render_template(template: SmsTemplate) -> dict[str, Any]:
    """A template as the reference shows it: media only where there is some, `lastUsed` in epoch milliseconds once it
    was used.
    """
    shown: dict[str, Any] = {
        "accountSid": template.account_id,
        "templateId": template.id,
        "templateText": template.text,
        "templateTitle": template.title,
    }
    if template.media_url:
        shown["templateMediaUrl"] = template.media_url
    if template.last_used:
        shown["lastUsed"] = epoch_ms(template.last_used)
    return shown
