"""`<say-as>`: texts spelled out so that any voice reads them as meant. What cannot be read stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_PUNCTUATION: Final = {
    "-": "dash",
    ".": "dot",
    "@": "at",
    "#": "pound",
    "*": "star",
    "/": "slash",
    "+": "plus",
    "_": "underscore",
    "&": "and",
}
_ORDINALS: Final[Mapping[str, str]] = {
    "de": "{}.", "es": "{}º", "fr": "{}e", "it": "{}º", "ja": "第{}", "ko": "제{}", "nl": "{}e", "pt": "{}º",
    "sv": "{}:e", "tr": "{}.",
}  # fmt: skip
_MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    language: tuple(names.split())
    for language, names in {
        "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "en": "January February March April May June July August September October November December",
        "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "nl": "januari februari maart april mei juni juli augustus september oktober november december",
        "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "sv": "januari februari mars april maj juni juli augusti september oktober november december",
        "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    }.items()
}
_DATE_MARKS: Final = {"ja": ("年", "月", "日"), "ko": ("년", "월", "일")}
_UNITS: Final = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "mi": "mile", "ft": "foot", "in": "inch",
    "kg": "kilogram", "g": "gram", "mg": "milligram", "lb": "pound", "oz": "ounce", "l": "liter", "ml": "milliliter",
    "h": "hour", "min": "minute", "s": "second", "ms": "millisecond", "mph": "mile per hour",
    "kmh": "kilometer per hour", "km/h": "kilometer per hour", "%": "percent", "°c": "degree Celsius",
    "°f": "degree Fahrenheit", "gb": "gigabyte", "mb": "megabyte", "kb": "kilobyte",
}  # fmt: skip
_PLURALS: Final = {"foot": "feet", "inch": "inches", "percent": "percent"}
_FRACTION: Final = re.compile(r"(?:(?P<whole>\d+)\s*\+?\s+)?(?P<over>\d{1,6})\s*/\s*(?P<under>\d{1,6})", re.ASCII)
_QUANTITY: Final = re.compile(r"(?P<amount>[-+]?\d[\d.,]*)\s*(?P<unit>.+)", re.ASCII)
_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?::(?P<second>\d{2}))?\s*(?:(?P<half>[ap])\.?\s*m\.?)?",
    re.ASCII | re.IGNORECASE,
)
_WHOLE: Final = re.compile(r"[-+]?\d{1,18}", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}", re.ASCII)


def spoken_as(kind: str, text: str, language: str, form: str = "") -> str:
    """`text` as `kind` (the `interpret-as`) wants it said in a language (`en`); `form` is the `format`."""
    say = _KINDS.get(kind)
    return say(text.strip(), language, form) if say else text


def _characters(text: str, language: str, _form: str) -> str:
    names = _PUNCTUATION if language == "en" else {}
    return ", ".join(names.get(one, one.upper()) for one in text if not one.isspace())


def _cardinal(text: str, _language: str, _form: str) -> str:
    digits = text.replace(",", "").replace(" ", "")
    return digits if _WHOLE.fullmatch(digits) else text


def _ordinal(text: str, language: str, _form: str) -> str:
    digits = text.replace(",", "")
    if not _WHOLE.fullmatch(digits):
        return text
    return _english_ordinal(int(digits)) if language == "en" else _ORDINALS.get(language, "{}").format(digits)


def _english_ordinal(number: int) -> str:
    tens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if tens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _fraction(text: str, language: str, _form: str) -> str:
    found = _FRACTION.fullmatch(text)
    if found is None or language != "en":
        return text
    over, under = int(found["over"]), int(found["under"])
    name = {2: "half", 4: "quarter"}.get(under) or _english_ordinal(under)
    plural = {"half": "halves"}.get(name, f"{name}s") if over != 1 else name
    return (f"{found['whole']} and " if found["whole"] else "") + f"{over} {plural}"


def _unit(text: str, language: str, _form: str) -> str:
    found = _QUANTITY.fullmatch(text)
    name = _UNITS.get(found["unit"].strip().lower()) if found else None
    if found is None or name is None or language != "en":
        return text
    if found["amount"].lstrip("-+") == "1":
        return f"{found['amount']} {name}"
    first, _, rest = name.partition(" ")
    return f"{found['amount']} {_PLURALS.get(first, f'{first}s')}{f' {rest}' if rest else ''}"


def _date(text: str, language: str, form: str) -> str:
    order = "".join(dict.fromkeys(one for one in form.lower() if one in "ymd"))
    order = order or ("ymd" if _YEAR_FIRST.fullmatch(text) else "mdy")
    fields = re.findall(r"\d+", text)
    if len(fields) == 1 and len(fields[0]) == 8 and order == "ymd":
        fields = [fields[0][:4], fields[0][4:6], fields[0][6:]]
    if len(fields) != len(order):
        return text
    parts = {name: int(value) for name, value in zip(order, fields, strict=True)}
    if not 1 <= parts.get("m", 1) <= 12 or not 1 <= parts.get("d", 1) <= 31:
        return text
    return _in_words(parts, language)


def _in_words(parts: Mapping[str, int], language: str) -> str:
    if marks := _DATE_MARKS.get(language):
        return "".join(f"{parts[name]}{mark}" for name, mark in zip("ymd", marks, strict=True) if name in parts)
    month = _MONTHS.get(language, _MONTHS["en"])[parts["m"] - 1] if "m" in parts else ""
    day = str(parts["d"]) if "d" in parts else ""
    shown = [month, _english_ordinal(parts["d"]) if day else ""] if language == "en" else [day, month]
    return " ".join(part for part in (*shown, str(parts["y"]) if "y" in parts else "") if part)


def _time(text: str, language: str, form: str) -> str:
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return text
    half = found["half"].upper() if found["half"] else ""
    if not half and form.lower().endswith("12"):
        half, hour = ("P" if hour >= 12 else "A"), hour % 12 or 12
    said = [str(hour)]
    if minute or second or not half:
        said.append(_minutes(minute, language))
    if second:
        said.append(f"{second}")
    return " ".join([*said, *([f"{half} M"] if half else [])])


def _minutes(minute: int, language: str) -> str:
    if language != "en" or minute >= 10:
        return str(minute)
    return f"oh {minute}" if minute else "o'clock"


_KINDS: Final[Mapping[str, Callable[[str, str, str], str]]] = {
    "cardinal": _cardinal,
    "ordinal": _ordinal,
    "characters": _characters,
    "spell-out": _characters,
    "verbatim": _characters,
    "fraction": _fraction,
    "unit": _unit,
    "date": _date,
    "time": _time,
}
