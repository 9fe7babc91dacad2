"""Built-ins of dates and times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from cordboard.engines.freemarker.built_ins.common import Arguments, BuiltIn, on_moment, on_number
from cordboard.engines.freemarker.date_formats import iso_text
from cordboard.engines.freemarker.date_parsing import read_moment
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.iso_dates import IsoFormat
from cordboard.engines.freemarker.numbers import to_bits
from cordboard.engines.freemarker.run import Run
from cordboard.engines.freemarker.texts import text_of
from cordboard.engines.freemarker.values import Moment, Value, kind_of, moment
from cordboard.engines.freemarker.zones import zone_named

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def converted(kind: str) -> BuiltIn:
    """`?date`, `?time` or `?datetime`: a string read, in a format if one is given, or a part of a date-time."""

    def convert(run: Run, subject: Value, args: Arguments) -> Value:
        if isinstance(subject, Moment):
            if subject.kind not in (kind, "datetime"):
                raise TemplateError(f"{kind_of(subject)} has no {kind}: read the text with ?datetime to have both")
            return Moment(subject.at, kind)
        text = text_of(run, subject, f"the value before ?{args.name}")
        style = args.text(0, run.settings.format_of(kind))
        return read_moment(text, kind, style, run.settings.time_zone, run.now)

    return BuiltIn(convert, 0, 1)


def _from_number(kind: str) -> BuiltIn:
    def convert(_run: Run, number: Decimal, _args: Arguments) -> Value:
        try:
            found = moment(_EPOCH + to_bits(number, 64) * _MILLISECOND, kind)
        except OverflowError:
            found = None
        if found is None:
            raise TemplateError("this is no moment in milliseconds since 1970 that a calendar has")
        return found

    return on_number(convert)


def _long(_run: Run, subject: Value, args: Arguments) -> Value:
    if isinstance(subject, Moment):
        return Decimal((subject.at - _EPOCH) // _MILLISECOND)
    if isinstance(subject, Decimal):
        return Decimal(to_bits(subject, 64))
    raise TemplateError(f"the value before ?{args.name} is {kind_of(subject)}, where a number or a date is needed")


def _unchanged(_run: Run, found: Moment, _args: Arguments) -> Value:
    return found


def _iso(form: IsoFormat) -> BuiltIn:
    return on_moment(lambda run, found, _args: iso_text(found, form, run.settings.time_zone))


def _iso_in(form: IsoFormat) -> BuiltIn:
    return on_moment(lambda _run, found, args: iso_text(found, form, zone_named(args.text(0))), 1, 1)


def _family() -> dict[str, BuiltIn]:
    """`?iso_utc`, `?iso_local` and `?iso(zone)`, each with its accuracies, with and without the zone's offset."""
    made: dict[str, BuiltIn] = {}
    makers: dict[str, tuple[Callable[[IsoFormat], BuiltIn], bool]] = {
        "iso_utc": (_iso, True),
        "iso_local": (_iso, False),
        "iso": (_iso_in, False),
    }
    for base, (maker, utc) in makers.items():
        for accuracy in ("", "h", "m", "ms"):
            for ending, zone in (("", None), ("nz", False)):
                name = "_".join(part for part in (base, accuracy, ending) if part)
                made[name] = maker(IsoFormat(accuracy="" if accuracy == "ms" else accuracy or "s", zone=zone, utc=utc))
    made["iso_utc_fz"] = _iso(IsoFormat(accuracy="s", zone=True, utc=True))
    return made


MOMENTS: Final[dict[str, BuiltIn]] = {
    "number_to_date": _from_number("date"),
    "number_to_time": _from_number("time"),
    "number_to_datetime": _from_number("datetime"),
    "date_if_unknown": on_moment(_unchanged),
    "time_if_unknown": on_moment(_unchanged),
    "datetime_if_unknown": on_moment(_unchanged),
    "long": BuiltIn(_long),
    **_family(),
}
