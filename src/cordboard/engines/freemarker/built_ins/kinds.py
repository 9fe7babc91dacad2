"""Built-ins that ask what a value is, and `?eval_json`."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from cordboard.engines.freemarker.built_ins.common import Arguments, BuiltIn, on_text
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.numbers import number_of
from cordboard.engines.freemarker.run import Run
from cordboard.engines.freemarker.values import Moment, Nothing, Range, Stream, Value

_SEQUENCES: Final = (list, Range, Nothing)


def _is(*kinds: type) -> BuiltIn:
    return BuiltIn(lambda _run, subject, _args: isinstance(subject, kinds))


def _is_moment(*kinds: str) -> BuiltIn:
    return BuiltIn(lambda _run, subject, _args: isinstance(subject, Moment) and subject.kind in kinds)


def _answer(*, truth: bool) -> Callable[[Run, Value, Arguments], Value]:
    return lambda _run, _subject, _args: truth


def _number(image: str) -> Decimal:
    number = number_of(image)
    if number is None:
        raise ValueError(f"{image} is no number")
    return number


def _constant(image: str) -> Any:
    raise ValueError(f"{image} is not of JSON")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs)


_DECODER: Final = json.JSONDecoder(
    parse_int=_number, parse_float=_number, parse_constant=_constant, object_pairs_hook=_pairs, strict=False
)


def _eval_json(run: Run, text: str, _args: Arguments) -> Value | None:
    run.spend(len(text) // 8)
    try:
        found: Value | None = _DECODER.decode(text)
    except RecursionError as error:
        raise TemplateError("the JSON is nested too deep") from error
    except ValueError as error:
        raise TemplateError(f"this is not JSON: {error}") from error
    return found


KINDS: Final[dict[str, BuiltIn]] = {
    "is_string": _is(str),
    "is_number": _is(Decimal),
    "is_boolean": _is(bool),
    "is_sequence": _is(*_SEQUENCES),
    "is_indexable": _is(*_SEQUENCES),
    "is_collection": _is(Stream),
    "is_collection_ex": BuiltIn(_answer(truth=False)),
    "is_enumerable": _is(*_SEQUENCES, Stream),
    "is_hash": _is(dict, Nothing),
    "is_hash_ex": _is(dict, Nothing),
    "is_date": _is(Moment),
    "is_date_like": _is(Moment),
    "is_date_only": _is_moment("date"),
    "is_time": _is_moment("time"),
    "is_datetime": _is_moment("datetime"),
    "is_unknown_date_like": BuiltIn(_answer(truth=False)),
    "is_method": BuiltIn(_answer(truth=False)),
    "is_macro": BuiltIn(_answer(truth=False)),
    "is_directive": BuiltIn(_answer(truth=False)),
    "is_node": BuiltIn(_answer(truth=False)),
    "is_markup_output": BuiltIn(_answer(truth=False)),
    "is_transform": BuiltIn(_answer(truth=False)),
    "eval_json": on_text(_eval_json),
}
