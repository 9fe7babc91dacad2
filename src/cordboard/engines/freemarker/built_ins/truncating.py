"""`?truncate` and its kin: a string cut to a length, its end marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cordboard.engines.freemarker.built_ins.common import Arguments
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.run import Run
from cordboard.engines.freemarker.values import Value

_MARK: Final = "[...]"
_LEAST_SHARE: Final = 0.75
"""`?truncate` cuts at a word's end if what it keeps fills at least this much of the length."""


def truncated(mode: str) -> Callable[[Run, str, Arguments], Value]:
    """A built-in: `mode` is words, characters or any."""

    def truncate(_run: Run, text: str, args: Arguments) -> Value:
        most, mark = args.whole(0), args.text(1, _MARK)
        if most < 0:
            raise TemplateError(f"argument 1 of ?{args.name} must not be negative")
        if len(text) <= most:
            return text
        if mode != "characters":
            made = _cut(text, most, mark, words=True)
            if mode == "words" or (made is not None and len(made) >= most * _LEAST_SHARE):
                return made or mark
        return _cut(text, most, mark, words=False) or mark

    return truncate


def _cut(text: str, most: int, mark: str, *, words: bool) -> str | None:
    """As much of the text as fits with the mark behind it, and a space between them where a word ends."""
    for end in range(most - len(mark), 0, -1):
        if text[end - 1].isspace():
            continue
        word_ends = text[end].isspace()
        if words and not word_ends:
            continue
        made = f"{text[:end]} {mark}" if word_ends else text[:end] + mark
        if len(made) <= most:
            return made
    return None
