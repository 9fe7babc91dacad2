"""Values as text: what an interpolation shows, and what string concatenation and built-ins of strings take."""

from __future__ import annotations

from decimal import Decimal

from cordboard.engines.freemarker.date_formats import moment_text
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.number_formats import number_text
from cordboard.engines.freemarker.run import Run, wrong
from cordboard.engines.freemarker.values import Moment, Range, Stream, Value


def text_of(run: Run, value: Value | None, what: str) -> str:
    """The text that a value shows. Raises TemplateError for one that shows none, with the fix."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _truth(run, value=value)
    if isinstance(value, Decimal):
        return number_text(value, run.settings.number_format)
    if isinstance(value, Moment):
        return moment_text(value, run.settings.format_of(value.kind), run.settings.time_zone)
    if isinstance(value, list | Range | Stream):
        raise TemplateError(f"{what} is a sequence, which has no text: join it, such as xs?join(', '), or list it")
    if isinstance(value, dict):
        raise TemplateError(f"{what} is a hash, which has no text: name a member, or list its ?keys")
    raise wrong(value, what, "a string")


def _truth(run: Run, *, value: bool) -> str:
    chosen = run.settings.boolean_format
    if not chosen:
        raise TemplateError("a boolean has no text of its own: write ?c for true or false, or ?string('yes', 'no')")
    if chosen == "c":
        return "true" if value else "false"
    yes, _, no = chosen.partition(",")
    return yes if value else no
