"""The settings of a list as programs send them, each checked as the dialect checks it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cordboard.domain.callcenter.leads.models import TIME_ZONE_METHODS
from cordboard.domain.callcenter.objects.call_time import CallTime
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.edge.api.x5.bad_field import OPTIONAL, BadFieldError
from cordboard.edge.api.x5.functions import TextCall
from cordboard.edge.api.x5.parameters import BLANK, Parameters

_TIMES: Final = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d(?:-(?:[01]\d|2[0-3])[0-5]\d)*", re.ASCII)
_TEXTS: Final = {
    "list_description": 255,
    "am_message": 100,
    "web_form_address": 100,
    "web_form_address_two": 100,
    "web_form_address_three": 100,
    "script": 20,
    "drop_inbound_group": 20,
}
_TRANSFERS: Final = ("one", "two", "three", "four", "five")
_LONGEST_TRANSFER: Final = 50


@dataclass(frozen=True, slots=True)
class ListFields:
    """Reads them for a call."""

    objects: ObjectService

    async def given(self, call: TextCall) -> dict[str, Any]:
        """Those that were sent, by their names in `ListSettings`. Raises BadFieldError."""
        given = call.given
        found: dict[str, Any] = {}
        for name, longest in _TEXTS.items():
            if given.raw(name):
                found[name] = "" if given.raw(name) == BLANK else given.text(name, most=longest)
        for place in _TRANSFERS:
            if value := given.digits(f"xferconf_{place}", most=_LONGEST_TRANSFER):
                found[f"xferconf_{place}"] = value
        found.update(_checked(given))
        if name := given.text("local_call_time", most=20):
            if name != "campaign" and await self.objects.find(call.tx, call.account_id, CallTime, name) is None:
                raise BadFieldError(f"LOCAL CALL TIME DOES NOT EXIST, {OPTIONAL}", name)
            found["local_call_time"] = name
        return found


def _checked(given: Parameters) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if given.choice("active") in ("Y", "N"):
        found["active"] = given.choice("active")
    if cid := given.digits("outbound_cid", most=20):
        found["outbound_cid"] = cid
    if times := given.raw("reset_time").strip():
        if not _TIMES.fullmatch(times):
            raise BadFieldError(f"RESET TIME IS NOT VALID, {OPTIONAL}", given.text("reset_time"))
        found["reset_time"] = times
    if method := given.choice("tz_method"):
        if method not in TIME_ZONE_METHODS:
            raise BadFieldError(f"TIME ZONE METHOD IS NOT VALID, {OPTIONAL}", method)
        found["time_zone_setting"] = method
    if day := given.raw("expiration_date").strip():
        try:
            found["expiration_date"] = date.fromisoformat(day)
        except ValueError:
            raise BadFieldError(f"EXPIRATION DATE IS NOT VALID, {OPTIONAL}", given.text("expiration_date")) from None
    return found
