"""Requests 85 to 89: IVRs, at `/ivr` and at `/v4/ivr`; their statistics are ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.ivr.models import ChoiceFilter, Choices, Ivr
from cordboard.domain.ivr.service import IvrService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.days import day_range
from cordboard.engines.ivr import Action, ConfigurationOptions, IvrDefinition, Menu, Option
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.paging import Page

_TAG: Final = "IVR"
_PREFIXES: Final = ("/ivr", "/v4/ivr")
_NAME: Final = {"ivrName": "front-desk"}
_USUAL_DAYS: Final = 30
_MOST_VERSION: Final = 2**31 - 1
_BODY: Final = {
    "ivrName": "front-desk",
    "configurationOptions": {
        "ttsVoice": "en-us-standard-female-1",
        "maxAttempts": 3,
        "timeout": 3,
        "minDigits": 1,
        "maxDigits": 1,
        "say": "Welcome to Acme.",
        "play": None,
        "recording": False,
        "description": "Office hours",
    },
    "version": 1,
    "menus": [
        {
            "ivrName": "front-desk",
            "menuId": "Main",
            "say": "What can we do for you?",
            "play": "",
            "recording": False,
            "entry": True,
            "version": 1,
            "options": [
                {
                    "say": "For sales press one.",
                    "dtmfKey": 1,
                    "actions": [{"type": "dial", "value": "+19495551234"}, {"type": "hangup", "value": None}],
                }
            ],
        }
    ],
}
_EXAMPLE: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_BODY}
_STATISTICS: Final = {
    "ivrName": "front-desk",
    "version": 1,
    "menuId": "Main",
    "dtmfKey": "1",
    "yearMonthDay": "20260105",
    "count": 17,
}


class IvrBody(msgspec.Struct, rename="camel", kw_only=True):
    """A whole IVR. What it says of `version` and of the account does not matter."""

    ivr_name: str
    menus: list[Menu]
    configuration_options: ConfigurationOptions = ConfigurationOptions()


class IvrChangeBody(msgspec.Struct, rename="camel", kw_only=True):
    """A whole IVR for the name in the path; `ivrName` may repeat that."""

    menus: list[Menu]
    ivr_name: str | None = None
    configuration_options: ConfigurationOptions = ConfigurationOptions()


class PageQuery(msgspec.Struct):
    """At most 1000 at once."""

    size: int | None = None
    offset: int | None = None


class StatisticsQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Days, both inclusive; the last 30 where none is given. `version` None: all."""

    start_date: str | None = None
    end_date: str | None = None
    version: int | None = None


class IvrResource:
    """`/ivr` and `/v4/ivr`."""

    def __init__(self, ivrs: IvrService, clock: Clock) -> None:
        self._ivrs = ivrs
        self._clock = clock

    async def get_ivrs(self, call: Call) -> Reply:
        """The account's IVRs by name."""
        found = await self._ivrs.page(call.tx, call.principal.account_id, _page(call))
        return Reply([render_ivr(ivr) for ivr in found])

    async def get_ivr(self, call: Call) -> Reply:
        """One IVR."""
        return Reply([render_ivr(await self._ivrs.get(call.tx, call.principal.account_id, call.path["ivrName"]))])

    async def create_ivr(self, call: Call) -> Reply:
        """A new IVR; every fault in it is named."""
        body: IvrBody = call.body
        definition = IvrDefinition(
            ivr_name=body.ivr_name, menus=body.menus, configuration_options=body.configuration_options
        )
        return Reply([render_ivr(await self._ivrs.create(call.tx, call.principal.account_id, definition))])

    async def update_ivr(self, call: Call) -> Reply:
        """Replaces an IVR: its version goes up by one, and the old one is archived."""
        body: IvrChangeBody = call.body
        name = call.path["ivrName"]
        if body.ivr_name not in (None, "", name):
            raise InvalidInputError.of("ivrName", f"must be {name!r} as in the path; an IVR keeps its name")
        definition = IvrDefinition(ivr_name=name, menus=body.menus, configuration_options=body.configuration_options)
        return Reply([render_ivr(await self._ivrs.change(call.tx, call.principal.account_id, definition))])

    async def delete_ivr(self, call: Call) -> Reply:
        """Deletes an IVR; its versions stay in the archive."""
        deleted = await self._ivrs.delete(call.tx, call.principal.account_id, call.path["ivrName"])
        return Reply([render_ivr(deleted)])

    async def get_archives(self, call: Call) -> Reply:
        """Earlier versions of an IVR, the newest first."""
        name = call.path["ivrName"]
        found = await self._ivrs.archived(call.tx, call.principal.account_id, name, _page(call))
        return Reply([render_ivr(ivr) for ivr in found])

    async def get_statistics(self, call: Call) -> Reply:
        """How often each option was chosen: a row a day, version, menu and key. An empty key is what is no option."""
        query: StatisticsQuery = call.query
        errors: list[FieldError] = []
        start, end = day_range(query.start_date, query.end_date, self._clock.now(), errors, days_back=_USUAL_DAYS - 1)
        if query.version is not None and not 1 <= query.version <= _MOST_VERSION:
            errors.append(FieldError("version", "must be a version of the IVR, such as 1"))
        if errors:
            raise InvalidInputError(errors)
        wanted = ChoiceFilter(first=start.date(), last=(end - timedelta(days=1)).date(), version=query.version)
        found = await self._ivrs.statistics(call.tx, call.principal.account_id, call.path["ivrName"], wanted)
        return Reply([render_choices(choices) for choices in found])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table, once for each prefix."""
        return tuple(endpoint for prefix in _PREFIXES for endpoint in self._endpoints(prefix))

    def _endpoints(self, base: str) -> tuple[Endpoint, ...]:
        one = base + "/{ivrName}"
        return (
            Endpoint(
                number="85",
                method="GET",
                path=base,
                handler=self.get_ivrs,
                summary="Get IVRs",
                privilege=Privilege.IVR_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(response=_EXAMPLE),
            ),
            Endpoint(
                number="86",
                method="DELETE",
                path=one,
                handler=self.delete_ivr,
                summary="Delete IVR",
                privilege=Privilege.IVR_UPDATE,
                tag=_TAG,
                example=Example(path=_NAME, response=_EXAMPLE),
            ),
            Endpoint(
                number="87",
                method="GET",
                path=one + "/archived",
                handler=self.get_archives,
                summary="Get IVR archives",
                privilege=Privilege.IVR_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(path=_NAME, response=_EXAMPLE),
            ),
            Endpoint(
                number="88",
                method="POST",
                path=base,
                handler=self.create_ivr,
                summary="Create IVR",
                privilege=Privilege.IVR_UPDATE,
                body=IvrBody,
                tag=_TAG,
                example=Example(body=_without_version(), response=_EXAMPLE),
            ),
            Endpoint(
                number="89",
                method="PUT",
                path=one,
                handler=self.update_ivr,
                summary="Update IVR",
                privilege=Privilege.IVR_UPDATE,
                body=IvrChangeBody,
                tag=_TAG,
                example=Example(path=_NAME, body=_without_version(), response=_EXAMPLE),
            ),
            *self._our_endpoints(one),
        )

    def _our_endpoints(self, one: str) -> tuple[Endpoint, ...]:
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=one,
                handler=self.get_ivr,
                summary="Get IVR",
                privilege=Privilege.IVR_READ,
                tag=_TAG,
                example=Example(path=_NAME, response=_EXAMPLE),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=one + "/statistics",
                handler=self.get_statistics,
                summary="Get IVR statistics",
                privilege=Privilege.IVR_READ,
                query=StatisticsQuery,
                tag=_TAG,
                example=Example(
                    path=_NAME, query={"startDate": "2026-01-01", "endDate": "2026-01-31"}, response=_STATISTICS
                ),
            ),
        )


def render_ivr(ivr: Ivr) -> dict[str, Any]:
    """An IVR as the reference shows it: its name and version stand in every menu, too."""
    definition = ivr.definition
    return {
        "accountSid": ivr.account_id,
        "ivrName": definition.ivr_name,
        "configurationOptions": _render_configuration(definition.configuration_options),
        "version": definition.version,
        "menus": [_render_menu(menu, definition) for menu in definition.menus],
    }


def render_choices(choices: Choices) -> dict[str, Any]:
    """A count."""
    return {
        "ivrName": choices.name,
        "version": choices.version,
        "menuId": choices.menu,
        "dtmfKey": choices.key,
        "yearMonthDay": f"{choices.day:%Y%m%d}",
        "count": choices.choices,
    }


def _render_configuration(options: ConfigurationOptions) -> dict[str, Any]:
    return {
        "ttsVoice": options.tts_voice,
        "maxAttempts": options.max_attempts,
        "timeout": options.timeout,
        "minDigits": options.min_digits,
        "maxDigits": options.max_digits,
        "say": options.say,
        "play": options.play,
        "recording": options.recording,
        "description": options.description,
    }


def _render_menu(menu: Menu, definition: IvrDefinition) -> dict[str, Any]:
    return {
        "ivrName": definition.ivr_name,
        "menuId": menu.menu_id,
        "say": menu.say,
        "play": menu.play,
        "recording": menu.recording,
        "entry": menu.entry,
        "version": definition.version,
        "options": [_render_option(option) for option in menu.options],
    }


def _render_option(option: Option) -> dict[str, Any]:
    return {
        "say": option.say,
        "dtmfKey": option.dtmf_key,
        "actions": [_render_action(action) for action in option.actions],
    }


def _render_action(action: Action) -> dict[str, Any]:
    return {"type": action.type, "value": action.value}


def _page(call: Call) -> Page:
    query: PageQuery = call.query
    return Page.of(query.size, query.offset)


def _without_version() -> dict[str, Any]:
    return {name: value for name, value in _BODY.items() if name != "version"}
