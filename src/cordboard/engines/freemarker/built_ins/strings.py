"""Built-ins of strings. Characters are Unicode's, so that an emoji counts as one."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from cordboard.engines.freemarker.built_ins.common import Arguments, BuiltIn, on_text
from cordboard.engines.freemarker.built_ins.truncating import truncated
from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.numbers import number_of
from cordboard.engines.freemarker.run import Run
from cordboard.engines.freemarker.values import Value

_FIRST_LETTER: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"\S+")
_TRIMMED: Final = "".join(map(chr, range(33)))


def _simple(change: Callable[[str], Value]) -> BuiltIn:
    return on_text(lambda _run, text, _args: change(text))


def _first(text: str, change: Callable[[str], str]) -> str:
    match = _FIRST_LETTER.match(text)
    place = match.end() if match else 0
    return text[:place] + change(text[place : place + 1]) + text[place + 1 :]


def _capitalize(text: str) -> str:
    return _WORD.sub(lambda word: word[0][:1].upper() + word[0][1:].lower(), text)


def _number(text: str) -> Value:
    number = number_of(text)
    if number is None:
        raise TemplateError(
            f"{text[:40]!r} is no number: test the value first, or clean it with ?trim and ?replace(',', '')"
        )
    return number


def _boolean(text: str) -> Value:
    if text not in ("true", "false"):
        raise TemplateError(f"{text[:40]!r} is no boolean: that is true or false")
    return text == "true"


def _index_of(_run: Run, text: str, args: Arguments) -> Value:
    return Decimal(text.find(args.text(0), min(max(args.whole(1), 0), len(text))))


def _last_index_of(_run: Run, text: str, args: Arguments) -> Value:
    wanted = args.text(0)
    latest = args.whole(1, len(text))
    return Decimal(-1 if latest < 0 else text.rfind(wanted, 0, latest + len(wanted)))


def _pattern(wanted: str, flags: str) -> re.Pattern[str]:
    """A plain text to look for, in any case of letters with the flag i."""
    return re.compile(re.escape(wanted), re.IGNORECASE if "i" in flags else 0)


def _replace(run: Run, text: str, args: Arguments) -> Value:
    wanted, new, flags = args.text(0), args.text(1), args.flags(2, "if")
    most = 1 if "f" in flags else -1
    if "i" in flags:
        pattern = _pattern(wanted, flags)
        found = 1 if most == 1 else len(pattern.findall(text))
        run.room_for(len(text) + found * len(new))
        return pattern.sub(lambda _match: new, text, count=max(most, 0))
    found = 1 if most == 1 else text.count(wanted)
    run.room_for(len(text) + found * len(new))
    return text.replace(wanted, new, most)


def _split(run: Run, text: str, args: Arguments) -> Value:
    separator, flags = args.text(0), args.flags(1, "i")
    if not separator:
        run.items_for(len(text))
        return list(text)
    if "i" in flags:
        run.items_for(len(_pattern(separator, flags).findall(text)))
        return list(_pattern(separator, flags).split(text))
    run.items_for(text.count(separator))
    return list(text.split(separator))


def _pad(*, left: bool) -> BuiltIn:
    def pad(run: Run, text: str, args: Arguments) -> Value:
        width, filler = args.whole(0), args.text(1, " ")
        if not filler:
            raise TemplateError(f"argument 2 of ?{args.name} is empty: give what to fill with")
        missing = width - len(text)
        if missing <= 0:
            return text
        run.room_for(width)
        if left:
            return (filler * (missing // len(filler) + 1))[:missing] + text
        start = len(text) % len(filler)
        return text + (filler * (missing // len(filler) + 2))[start : start + missing]

    return on_text(pad, 1, 2)


def _ensure(*, start: bool) -> BuiltIn:
    def ensure(run: Run, text: str, args: Arguments) -> Value:
        if len(args) > 1:
            raise TemplateError(f"?{args.name} with a regular expression is not supported: give one plain text")
        part = args.text(0)
        run.room_for(len(text) + len(part))
        if start:
            return text if text.startswith(part) else part + text
        return text if text.endswith(part) else text + part

    return on_text(ensure, 1, 2 if start else 1)


Cut = Callable[[str, int, int], str]


def _keep(cut: Cut, *, last: bool, otherwise: Callable[[str], str]) -> BuiltIn:
    """`cut` sees the text, where the separator begins and where it ends."""

    def keep(_run: Run, text: str, args: Arguments) -> Value:
        separator, flags = args.text(0), args.flags(1, "i")
        if "i" in flags:
            matches = list(_pattern(separator, flags).finditer(text))
            place = matches[-1 if last else 0].start() if matches else -1
        else:
            place = text.rfind(separator) if last else text.find(separator)
        return otherwise(text) if place < 0 else cut(text, place, place + len(separator))

    return on_text(keep, 1, 2, slow=True)


def _before(text: str, start: int, _end: int) -> str:
    return text[:start]


def _after(text: str, _start: int, end: int) -> str:
    return text[end:]


def _chopped(text: str) -> str:
    return text[:-2] if text.endswith("\r\n") else text[:-1] if text.endswith(("\r", "\n")) else text


def _substring(_run: Run, text: str, args: Arguments) -> Value:
    start, end = args.whole(0), args.whole(1, len(text))
    if not 0 <= start <= end <= len(text):
        raise TemplateError(f"?substring takes 0 to {len(text)} here, the start not past the end")
    return text[start:end]


def _refused(what: str) -> BuiltIn:
    def refuse(_run: Run, _text: str, args: Arguments) -> Value:
        raise TemplateError(f"?{args.name} {what}")

    return on_text(refuse, 0, 3)


STRINGS: Final[dict[str, BuiltIn]] = {
    "upper_case": _simple(str.upper),
    "lower_case": _simple(str.lower),
    "cap_first": _simple(lambda text: _first(text, str.upper)),
    "uncap_first": _simple(lambda text: _first(text, str.lower)),
    "capitalize": on_text(lambda _run, text, _args: _capitalize(text), slow=True),
    "trim": _simple(lambda text: text.strip(_TRIMMED)),
    "length": _simple(lambda text: Decimal(len(text))),
    "chop_linebreak": _simple(_chopped),
    "word_list": on_text(lambda _run, text, _args: list(text.split()), slow=True),
    "number": _simple(_number),
    "boolean": _simple(_boolean),
    "contains": on_text(lambda _run, text, args: args.text(0) in text, 1, 1),
    "starts_with": on_text(lambda _run, text, args: text.startswith(args.text(0)), 1, 1),
    "ends_with": on_text(lambda _run, text, args: text.endswith(args.text(0)), 1, 1),
    "index_of": on_text(_index_of, 1, 2),
    "last_index_of": on_text(_last_index_of, 1, 2),
    "replace": on_text(_replace, 2, 3, slow=True),
    "split": on_text(_split, 1, 2, slow=True),
    "left_pad": _pad(left=True),
    "right_pad": _pad(left=False),
    "ensure_starts_with": _ensure(start=True),
    "ensure_ends_with": _ensure(start=False),
    "remove_beginning": on_text(lambda _run, text, args: text.removeprefix(args.text(0)), 1, 1),
    "remove_ending": on_text(lambda _run, text, args: text.removesuffix(args.text(0)), 1, 1),
    "keep_before": _keep(_before, last=False, otherwise=lambda text: text),
    "keep_after": _keep(_after, last=False, otherwise=lambda _text: ""),
    "keep_before_last": _keep(_before, last=True, otherwise=lambda text: text),
    "keep_after_last": _keep(_after, last=True, otherwise=lambda _text: ""),
    "substring": on_text(_substring, 1, 2),
    "truncate": on_text(truncated("any"), 1, 2, slow=True),
    "truncate_w": on_text(truncated("words"), 1, 2, slow=True),
    "truncate_c": on_text(truncated("characters"), 1, 2, slow=True),
    "matches": _refused("needs regular expressions, which are not supported: use ?contains, ?starts_with or ?split"),
}
