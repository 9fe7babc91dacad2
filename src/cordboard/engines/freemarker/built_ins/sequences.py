"""Built-ins of sequences and hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, Final, TypeAlias

from cordboard.engines.freemarker.built_ins.common import Arguments, BuiltIn, on_sequence
from cordboard.engines.freemarker.comparing import compared, same
from cordboard.engines.freemarker.faults import MissingError, TemplateError
from cordboard.engines.freemarker.run import Run, iterated, listed, wrong
from cordboard.engines.freemarker.sorting import sorting_key
from cordboard.engines.freemarker.texts import text_of
from cordboard.engines.freemarker.values import ENDLESS, Function, Moment, Nothing, Range, Stream, Value, kind_of

Sequence: TypeAlias = "list[Value | None]"


def _size(_run: Run, subject: Value, args: Arguments) -> Value:
    if isinstance(subject, Range):
        return Decimal(ENDLESS if subject.size is None else subject.size)
    if isinstance(subject, list | dict):
        return Decimal(len(subject))
    if isinstance(subject, Nothing):
        return Decimal(0)
    fix = "; a string has a ?length" if isinstance(subject, str) else ""
    raise TemplateError(f"the value before ?{args.name} is {kind_of(subject)}, which has no size{fix}")


def _first(_run: Run, subject: Value, args: Arguments) -> Value | None:
    return next(iterated(subject, f"the value before ?{args.name}"), None)


def _join(run: Run, items: Sequence, args: Arguments) -> Value:
    made: list[str] = []
    for place, item in enumerate(items):
        if item is not None:
            made.append(text_of(run, item, f"item {place} before ?join"))
    separator, empty, end = args.text(0), args.text(1), args.text(2)
    run.room_for(sum(map(len, made)) + len(separator) * len(made) + len(end) + len(empty))
    return separator.join(made) + end if made else empty


def _compare(left: Value, right: Value) -> int:
    return -1 if compared(left, "<", right) else int(compared(left, ">", right))


def _sorted(run: Run, items: Sequence, given: Sequence) -> Value:
    """`items` in the order of the keys `given` for them, which must all be of one kind."""
    run.spend(len(items) * max(1, len(items).bit_length()))
    keys = [key for key in given if key is not None]
    if len(keys) < len(given):
        raise MissingError("what to sort by is missing in an item: fill it with ! first, or ?filter such items out")
    run.spend(sum(len(key) for key in keys if isinstance(key, str)) // 2)
    kinds = {str if isinstance(key, str) else type(key) for key in keys}
    if len(kinds) > 1 or not kinds <= {str, Decimal, bool, Moment}:
        raise TemplateError("only strings, numbers, booleans or dates can be sorted, all of one kind")
    key_of = _key_of(keys)
    return [items[place] for place in sorted(range(len(items)), key=lambda place: key_of(keys[place]))]


def _key_of(keys: list[Value]) -> Callable[[Value], Any]:
    if keys and isinstance(keys[0], str):
        return lambda key: sorting_key(str(key))
    return bool if keys and isinstance(keys[0], bool) else cmp_to_key(_compare)


def _sort(run: Run, items: Sequence, _args: Arguments) -> Value:
    return _sorted(run, items, list(items))


def _sort_by(run: Run, items: Sequence, args: Arguments) -> Value:
    given = args.values[0]
    path: Sequence = [given] if isinstance(given, str) else listed(run, given, "argument 1 of ?sort_by")
    run.spend(len(items) * len(path))
    return _sorted(run, items, [_reached(item, path) for item in items])


def _reached(item: Value | None, path: Sequence) -> Value | None:
    for name in path:
        if not isinstance(item, dict) or not isinstance(name, str):
            raise wrong(item, "an item before ?sort_by", "a hash")
        item = item.get(name)
    return item


def _search(run: Run, items: Sequence, wanted: Value) -> None:
    """Pays for comparing every item with a long string."""
    run.spend(len(items) * len(wanted) // 1024 if isinstance(wanted, str) else 0)


def _contains(run: Run, items: Sequence, args: Arguments) -> Value:
    _search(run, items, args.values[0])
    return any(same(item, args.values[0]) for item in items)


def _index_of(run: Run, items: Sequence, args: Arguments) -> Value:
    _search(run, items, args.values[0])
    start = max(args.whole(1), 0)
    places = (place for place in range(start, len(items)) if same(items[place], args.values[0]))
    return Decimal(next(places, -1))


def _last_index_of(run: Run, items: Sequence, args: Arguments) -> Value:
    _search(run, items, args.values[0])
    start = min(args.whole(1, len(items) - 1), len(items) - 1)
    places = (place for place in range(start, -1, -1) if same(items[place], args.values[0]))
    return Decimal(next(places, -1))


def _chunk(run: Run, items: Sequence, args: Arguments) -> Value:
    size = args.whole(0)
    if size < 1:
        raise TemplateError("?chunk makes rows of at least 1 item")
    rows: list[Sequence] = [items[place : place + size] for place in range(0, len(items), size)]
    if len(args) > 1 and rows:
        run.items_for(size)
        rows[-1] = rows[-1] + [args.values[1]] * (size - len(rows[-1]))
    return list(rows)


def _extreme(sign: str) -> BuiltIn:
    def extreme(_run: Run, items: Sequence, _args: Arguments) -> Value | None:
        best: Value | None = None
        for item in items:
            if item is not None and (best is None or compared(item, sign, best)):
                best = item
        return best

    return on_sequence(extreme)


Pick: TypeAlias = "Callable[[Run, Iterator[Value | None], Function, str], Iterator[Value | None]]"


def _picking(pick: Pick, *, ends: bool = False) -> BuiltIn:
    """A built-in with a lambda. On an endless range it goes lazily; `ends` if it makes an end of that."""

    def apply(run: Run, subject: Value, args: Arguments) -> Value:
        function = args.function(0)
        picked = pick(run, iterated(subject, f"the value before ?{args.name}"), function, args.name)
        endless = isinstance(subject, Stream) or (isinstance(subject, Range) and subject.size is None)
        if endless and not ends:
            return Stream(picked)
        return listed(run, Stream(picked), "this")

    return BuiltIn(apply, 1, 1)


def _true(function: Function, item: Value | None, name: str) -> bool:
    found = function.call(item)
    if not isinstance(found, bool):
        raise wrong(found, f"what the lambda of ?{name} answers", "a boolean")
    return found


def _mapped(run: Run, items: Iterator[Value | None], function: Function, _name: str) -> Iterator[Value | None]:
    for item in items:
        run.spend()
        found = function.call(item)
        if found is None:
            raise MissingError("the lambda of ?map answers nothing for an item: give a default with !")
        yield found


def _filtered(run: Run, items: Iterator[Value | None], function: Function, name: str) -> Iterator[Value | None]:
    for item in items:
        run.spend()
        if _true(function, item, name):
            yield item


def _taken(run: Run, items: Iterator[Value | None], function: Function, name: str) -> Iterator[Value | None]:
    for item in items:
        run.spend()
        if not _true(function, item, name):
            return
        yield item


def _dropped(run: Run, items: Iterator[Value | None], function: Function, name: str) -> Iterator[Value | None]:
    for item in items:
        run.spend()
        if not _true(function, item, name):
            yield item
            break
    yield from items


def _hash(subject: Value, args: Arguments) -> dict[str, Value | None]:
    if isinstance(subject, dict):
        return subject
    if isinstance(subject, Nothing):
        return {}
    raise wrong(subject, f"the value before ?{args.name}", "a hash")


SEQUENCES: Final[dict[str, BuiltIn]] = {
    "size": BuiltIn(_size),
    "first": BuiltIn(_first),
    "last": on_sequence(lambda _run, items, _args: items[-1] if items else None),
    "join": on_sequence(_join, 1, 3),
    "sort": on_sequence(_sort),
    "sort_by": on_sequence(_sort_by, 1, 1),
    "reverse": on_sequence(lambda _run, items, _args: list(reversed(items))),
    "seq_contains": on_sequence(_contains, 1, 1),
    "seq_index_of": on_sequence(_index_of, 1, 2),
    "seq_last_index_of": on_sequence(_last_index_of, 1, 2),
    "chunk": on_sequence(_chunk, 1, 2),
    "sequence": on_sequence(lambda _run, items, _args: items),
    "min": _extreme("<"),
    "max": _extreme(">"),
    "map": _picking(_mapped),
    "filter": _picking(_filtered),
    "take_while": _picking(_taken, ends=True),
    "drop_while": _picking(_dropped),
    "keys": BuiltIn(lambda _run, subject, args: list(_hash(subject, args))),
    "values": BuiltIn(lambda _run, subject, args: list(_hash(subject, args).values())),
}
