"""The types of fields that kinds share. Values and names are those of the dialects, so that nothing is translated."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta

YesNo: TypeAlias = Literal["Y", "N"]
Flag: TypeAlias = Annotated[int, Meta(ge=0, le=1)]
NONE: Final = "---NONE---"
"""Stands for no object in fields that name one."""
EVERYBODY: Final = "---ALL---"
"""The user group that every administrator sees."""

WORD: Final = Meta(pattern=r"^[A-Za-z0-9_]+$", description="letters, digits and underscores")
HYPHENATED: Final = Meta(pattern=r"^[A-Za-z0-9_-]+$", description="letters, digits, underscores and hyphens")

ShortId: TypeAlias = Annotated[str, Meta(min_length=2, max_length=8), WORD]
LongId: TypeAlias = Annotated[str, Meta(min_length=2, max_length=20), HYPHENATED]
Name: TypeAlias = Annotated[str, Meta(min_length=2, max_length=40)]
Word: TypeAlias = Annotated[str, Meta(max_length=20)]
Line: TypeAlias = Annotated[str, Meta(max_length=255)]
Url: TypeAlias = Annotated[str, Meta(max_length=2000)]
Seconds: TypeAlias = Annotated[int, Meta(ge=0, le=32_767)]
Clock: TypeAlias = Annotated[int, Meta(ge=0, le=2400)]
"""A time of day as the number HHMM; 2400 is the end of the day."""
