"""Custom fields of a list: what its leads have beside the fields that every lead has."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from cordboard.domain.callcenter.objects.fields import WORD
from cordboard.domain.callcenter.objects.kind import CenterObject

_Label = Annotated[str, Meta(min_length=1, max_length=50), WORD]


class CustomField(CenterObject, frozen=True, kw_only=True):
    """`field_id` is the list and the label, as 101:colour. `field_max` is the longest value."""

    kind: ClassVar[str] = "custom_field"
    key_field: ClassVar[str] = "field_id"

    field_id: Annotated[
        str, Meta(pattern=r"^[0-9]+:[A-Za-z0-9_]+$", description="the list, a colon and the label, as 101:colour")
    ]
    list_id: int
    field_label: _Label
    field_name: Annotated[str, Meta(max_length=5000)] = ""
    field_type: Literal["TEXT", "AREA", "SELECT", "MULTI", "RADIO", "CHECKBOX", "DATE", "TIME", "DISPLAY", "HIDDEN"] = (
        "TEXT"
    )
    field_options: Annotated[str, Meta(max_length=5000)] = ""
    field_max: Annotated[int, Meta(ge=1, le=5000)] = 255
    field_required: Literal["Y", "N"] = "N"
    field_rank: Annotated[int, Meta(ge=0, le=999)] = 0
