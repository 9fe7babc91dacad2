"""Call times: when leads may be called, and when queues are open, as numbers HHMM of the day."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from cordboard.domain.callcenter.objects.fields import EVERYBODY, Clock, Name
from cordboard.domain.callcenter.objects.kind import CenterObject

ALWAYS: Final = "24hours"


class CallTime(CenterObject, frozen=True, kw_only=True):
    """`ct_<weekday>_start` and `_stop` 0 stand for the default; from 2400 on a day is closed."""

    kind: ClassVar[str] = "call_time"
    key_field: ClassVar[str] = "call_time_id"

    call_time_id: Annotated[str, Meta(min_length=2, max_length=20)]
    call_time_name: Name
    ct_default_start: Clock = 900
    ct_default_stop: Clock = 2100
    ct_sunday_start: Clock = 0
    ct_sunday_stop: Clock = 0
    ct_monday_start: Clock = 0
    ct_monday_stop: Clock = 0
    ct_tuesday_start: Clock = 0
    ct_tuesday_stop: Clock = 0
    ct_wednesday_start: Clock = 0
    ct_wednesday_stop: Clock = 0
    ct_thursday_start: Clock = 0
    ct_thursday_stop: Clock = 0
    ct_friday_start: Clock = 0
    ct_friday_stop: Clock = 0
    ct_saturday_start: Clock = 0
    ct_saturday_stop: Clock = 0
    user_group: Annotated[str, Meta(max_length=20)] = EVERYBODY

    @classmethod
    def built_in(cls) -> tuple[CallTime, ...]:
        """Around the clock, and the usual hours."""
        hours = {
            ALWAYS: ("All day", 0, 2400),
            "9am-9pm": ("9 am to 9 pm", 900, 2100),
            "9am-5pm": ("9 am to 5 pm", 900, 1700),
            "12pm-5pm": ("12 pm to 5 pm", 1200, 1700),
            "12pm-9pm": ("12 pm to 9 pm", 1200, 2100),
            "5pm-9pm": ("5 pm to 9 pm", 1700, 2100),
        }
        return tuple(
            CallTime(call_time_id=key, call_time_name=name, ct_default_start=start, ct_default_stop=stop)
            for key, (name, start, stop) in hours.items()
        )
