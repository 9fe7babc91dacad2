"""The door of the engine: `parse` a template, `render` it.

The language is FreeMarker's (2.3), for the locale en_US; without what reaches out of a template (include,
import, ?new, ?api, ?interpret) and without macros, and bounded in all it does. What differs on purpose:

- The values come by names in any case of letters, dots included: `node1.reply` is a name. A dotted name that nobody has
  is missing as a whole, so that `node1.reply!"none"` needs no parentheses.
- Characters are Unicode's, where Java counts UTF-16 units: an emoji is one.
- There are no regular expressions, because they could take for ever.
- Names may be in camel case and in snake case in one template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cordboard.engines.freemarker.blocks import Body, played
from cordboard.engines.freemarker.budget import Budget
from cordboard.engines.freemarker.building import Builder
from cordboard.engines.freemarker.faults import TemplateError, line_ends, located
from cordboard.engines.freemarker.limits import Limits
from cordboard.engines.freemarker.run import Run
from cordboard.engines.freemarker.scanning import scanned
from cordboard.engines.freemarker.stripping import stripped

USUAL: Final = Limits()
_VALUES_A_STEP: Final = 8
"""So many values are made ready for a template at the cost of a step."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template as read, to be rendered as often as wanted."""

    body: Body
    ends: tuple[int, ...]
    limits: Limits

    def render(self, values: Mapping[str, str], *, now: datetime, budget: Budget | None = None) -> str:
        """What the template makes of values, by names in any case of letters. Raises FreemarkerError, and SpentError
        where not the template's own limit but what is left of `budget` does not suffice.
        """
        most = self.limits.steps
        steps = most if budget is None else min(most, budget.left)
        run = Run(values, now.astimezone(UTC), self.limits, steps)
        fault: TemplateError | None = None
        try:
            run.spend(len(values) // _VALUES_A_STEP)
            played(self.body, run)
        except TemplateError as error:
            fault = error
        if budget is not None:
            budget.spend(min(steps - run.steps_left, most))
        if fault is not None:
            raise located(fault, self.ends, run.place)
        return run.written()


def parse(template: str, limits: Limits = USUAL) -> Template:
    """The template of a text. Raises FreemarkerError."""
    if len(template) > limits.template:
        raise located(TemplateError(f"a template may have {limits.template} characters"), (), 0)
    ends = line_ends(template)
    try:
        pieces = stripped(scanned(template, ends))
        body = Builder(pieces, limits).build()
    except TemplateError as fault:
        raise located(fault, ends, 0) from None
    return Template(body, tuple(ends), limits)


def render(template: str, values: Mapping[str, str], *, now: datetime, limits: Limits = USUAL) -> str:
    """What a template makes of values. Raises FreemarkerError; see `parse` for templates that are used again."""
    return parse(template, limits).render(values, now=now)
