"""Special variables: `.now` and the few others that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.run import Run
from cordboard.engines.freemarker.values import Moment, Value


def _data_model(run: Run) -> Value:
    run.spend(len(run.values))
    return dict(run.values)


def _vars(run: Run) -> Value:
    run.spend(len(run.values) + len(run.variables))
    return {**run.values, **run.variables}


def _error(run: Run) -> Value:
    if run.error is None:
        raise TemplateError(".error is there within <#recover> only")
    return run.error


SPECIALS: Final[dict[str, Callable[[Run], Value | None]]] = {
    "now": lambda run: Moment(run.now, "datetime"),
    "error": _error,
    "data_model": _data_model,
    "globals": _data_model,
    "vars": _vars,
    "locale": lambda _run: "en_US",
    "lang": lambda _run: "en",
    "version": lambda _run: "2.3.31",
}
