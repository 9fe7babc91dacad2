"""Pieces made directives within directives."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from cordboard.engines.freemarker.blocks import (
    BREAK,
    CONTINUE,
    Assign,
    Attempt,
    Block,
    Body,
    Capture,
    Case,
    Compress,
    If,
    ItemsBlock,
    ListBlock,
    Sep,
    Set,
    Shown,
    Signal,
    Stop,
    Switch,
    Written,
)
from cordboard.engines.freemarker.expressions import Expression, Literal
from cordboard.engines.freemarker.faults import ExhaustedError, TemplateError
from cordboard.engines.freemarker.limits import Limits
from cordboard.engines.freemarker.reading import ExpressionReader, snake
from cordboard.engines.freemarker.scanning import Interpolation, Piece, Tag, Text
from cordboard.engines.freemarker.tokens import Token, unquoted

SETTINGS: Final = ("number_format", "boolean_format", "date_format", "time_format", "datetime_format", "time_zone")
_REFUSED: Final = frozenset(
    {
        "macro", "function", "nested", "return", "include", "import", "local", "global", "escape", "noescape",
        "autoesc", "noautoesc", "outputformat", "ftl", "visit", "recurse", "fallback", "foreach", "transform", "call",
    }
)  # fmt: skip
_INNER: Final = {
    "elseif": "if", "else": "if or list", "items": "list", "sep": "list", "case": "switch", "default": "switch",
    "on": "switch", "recover": "attempt", "break": "list or switch", "continue": "list",
}  # fmt: skip
_ASSIGNING: Final = ("=", "+=", "-=", "*=", "/=", "%=")
_ASSIGN_SIGNS: Final = {"++": "+", "--": "-"}


def _one(place: int) -> Expression:
    return Literal(place, Decimal(1))


class Builder:
    """Builds the directives of one template. All its methods raise TemplateError."""

    def __init__(self, pieces: list[Piece], limits: Limits) -> None:
        self._pieces = pieces
        self._limits = limits
        self._at = 0
        self._around: list[str] = []
        self._makers: dict[str, Callable[[Tag], list[Block]]] = {
            "if": self._if,
            "list": self._list,
            "items": self._items,
            "sep": self._sep,
            "break": self._signal,
            "continue": self._signal,
            "assign": self._assign,
            "switch": self._switch,
            "attempt": self._attempt,
            "compress": self._compress,
            "setting": self._setting,
            "stop": self._stop,
            **dict.fromkeys(("t", "lt", "rt", "nt", "flush"), self._bare),
        }

    def build(self) -> Body:
        """The whole template."""
        body = self._body()
        if self._at < len(self._pieces):
            raise self._stray(self._tag())
        return body

    def _body(self, *ends: str) -> Body:
        """Blocks up to a tag of some names, or to any end tag; that tag is read next."""
        body: Body = []
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            if isinstance(piece, Tag) and (piece.closing or piece.name in ends):
                break
            self._at += 1
            if isinstance(piece, Text):
                body.append(Written(piece.place, piece.text))
            elif isinstance(piece, Interpolation):
                body.append(Shown(piece.place, self._whole(piece.tokens)))
            elif isinstance(piece, Tag):
                body += self._blocks(piece)
        return body

    def _blocks(self, tag: Tag) -> list[Block]:
        maker = self._makers.get(tag.name)
        if maker is None:
            raise self._stray(tag)
        return maker(tag)

    def _stray(self, tag: Tag) -> TemplateError:
        name = tag.name
        if name in _REFUSED:
            return TemplateError(f"<#{name}> is not supported", tag.place)
        if tag.closing:
            return TemplateError(f"</#{name}> closes nothing here", tag.place)
        if name in _INNER:
            return TemplateError(f"<#{name}> stands within <#{_INNER[name]}> only, and once where it does", tag.place)
        return TemplateError(f"there is no directive <#{name[:40]}>", tag.place)

    def _tag(self) -> Tag:
        """The tag that ended a body, left where it is."""
        piece = self._pieces[self._at]
        if not isinstance(piece, Tag):
            raise TypeError("a body ends at tags only")
        return piece

    def _inside(self, tag: Tag, *ends: str) -> Body:
        """The body of a directive."""
        if len(self._around) >= self._limits.nesting:
            raise ExhaustedError(f"directives may be nested {self._limits.nesting} deep", tag.place)
        self._around.append(tag.name)
        body = self._body(*ends)
        self._around.pop()
        if self._at >= len(self._pieces):
            raise TemplateError(f"<#{tag.name}> is not closed: </#{tag.name}> is missing", tag.place)
        return body

    def _passes(self, *names: str) -> Tag | None:
        """Reads a tag of one of some names if it comes next."""
        tag = self._tag()
        if tag.closing or tag.name not in names:
            return None
        self._at += 1
        return tag

    def _close(self, tag: Tag) -> None:
        closing = self._tag()
        if not closing.closing:
            raise self._stray(closing)
        if closing.name != tag.name:
            raise TemplateError(f"</#{closing.name}> stands where </#{tag.name}> is needed", closing.place)
        self._at += 1

    def _reader(self, tag: Tag) -> ExpressionReader:
        return ExpressionReader(tag.tokens, self._limits.depth)

    def _whole(self, tokens: tuple[Token, ...]) -> Expression:
        reader = ExpressionReader(tokens, self._limits.depth)
        made = reader.expression()
        reader.finish()
        return made

    def _bare(self, tag: Tag) -> list[Block]:
        self._reader(tag).finish()
        return []

    def _condition(self, tag: Tag) -> Expression:
        if tag.empty:
            raise TemplateError(f"<#{tag.name}> needs a body: end it with >, not with />", tag.place)
        return self._whole(tag.tokens)

    def _if(self, tag: Tag) -> list[Block]:
        condition: Expression | None = self._condition(tag)
        branches: list[tuple[Expression | None, Body]] = []
        while True:
            body = self._inside(tag, "elseif", "else")
            branches.append((condition, body))
            branch = self._passes("elseif", "else") if condition is not None else None
            if branch is None:
                break
            condition = self._condition(branch) if branch.name == "elseif" else None
            if condition is None:
                self._bare(branch)
        self._close(tag)
        return [If(tag.place, branches)]

    def _loop_names(self, reader: ExpressionReader) -> tuple[str, ...]:
        names = [reader.name("a loop variable")]
        if reader.passes(","):
            names.append(reader.name("a second loop variable"))
        reader.finish()
        return tuple(names)

    def _list(self, tag: Tag) -> list[Block]:
        if tag.empty:
            raise TemplateError("<#list> needs a body: end it with >, not with />", tag.place)
        reader = self._reader(tag)
        source = reader.expression()
        names = self._loop_names(reader) if reader.passes("as") else ()
        reader.finish()
        kind = "loop" if names else "frame"
        body = self._inside(Tag(tag.place, tag.line, tag.last_line, kind, False, ()), "else")
        otherwise: Body = []
        branch = self._passes("else")
        if branch:
            self._bare(branch)
            otherwise = self._inside(tag)
        self._close(tag)
        return [ListBlock(tag.place, source, names, body, otherwise)]

    def _items(self, tag: Tag) -> list[Block]:
        frames = [kind for kind in self._around if kind in ("frame", "loop")]
        if not frames or frames[-1] != "frame":
            raise TemplateError("<#items> stands within a <#list xs> that names no variable", tag.place)
        reader = self._reader(tag)
        reader.expect("as", "before the loop's variable")
        names = self._loop_names(reader)
        body = self._inside(Tag(tag.place, tag.line, tag.last_line, "loop", False, ()))
        self._close(tag)
        return [ItemsBlock(tag.place, names, body)]

    def _in_loop(self) -> bool:
        loops = [kind for kind in self._around if kind in ("frame", "loop")]
        return bool(loops) and loops[-1] == "loop"

    def _sep(self, tag: Tag) -> list[Block]:
        if not self._in_loop():
            raise self._stray(tag)
        self._bare(tag)
        body = self._inside(tag, "else")
        closing = self._tag()
        if closing.closing and closing.name == "sep":
            self._at += 1
        return [Sep(tag.place, body)]

    def _signal(self, tag: Tag) -> list[Block]:
        self._bare(tag)
        breaks = tag.name == "break"
        if not ("loop" in self._around or (breaks and "switch" in self._around)):
            raise self._stray(tag)
        return [Signal(tag.place, BREAK if breaks else CONTINUE)]

    def _assign(self, tag: Tag) -> list[Block]:
        reader = self._reader(tag)
        made: list[Block] = []
        while not made or reader.token.kind != "end":
            place = reader.token.place
            name = self._target(reader)
            if reader.token.kind == "end" and not made and not tag.empty:
                body = self._inside(tag)
                self._close(tag)
                return [Capture(tag.place, name, body)]
            made.append(self._assignment(reader, place, name))
            reader.passes(",")
        return made

    def _target(self, reader: ExpressionReader) -> str:
        if reader.token.kind in ("text", "raw"):
            return unquoted(reader.take())
        return reader.name("the name of a variable")

    def _assignment(self, reader: ExpressionReader, place: int, name: str) -> Assign:
        if reader.sees(*_ASSIGN_SIGNS):
            return Assign(place, name, _ASSIGN_SIGNS[reader.take().text], _one(place))
        if not reader.sees(*_ASSIGNING):
            raise reader.unexpected("= is needed after the variable's name")
        sign = reader.take().text
        return Assign(place, name, sign[:-1], reader.expression())

    def _switch(self, tag: Tag) -> list[Block]:
        subject = self._condition(tag)
        stray = self._inside(tag, "case", "default")
        if any(not (isinstance(block, Written) and not block.text.strip()) for block in stray):
            raise TemplateError("between <#switch> and its first <#case> nothing may stand", stray[0].place)
        cases: list[Case] = []
        while branch := self._passes("case", "default"):
            if branch.name == "default":
                self._bare(branch)
                if any(case.value is None for case in cases):
                    raise TemplateError("a <#switch> has one <#default> only", branch.place)
            value = self._whole(branch.tokens) if branch.name == "case" else None
            cases.append(Case(value, self._inside(tag, "case", "default")))
        self._close(tag)
        return [Switch(tag.place, subject, cases)]

    def _attempt(self, tag: Tag) -> list[Block]:
        self._bare(tag)
        body = self._inside(tag, "recover")
        branch = self._passes("recover")
        if branch is None:
            raise TemplateError("<#attempt> needs a <#recover>", tag.place)
        self._bare(branch)
        recovery = self._inside(tag)
        closing = self._tag()
        if closing.name == "recover":
            self._at += 1
        else:
            self._close(tag)
        return [Attempt(tag.place, body, recovery)]

    def _compress(self, tag: Tag) -> list[Block]:
        self._bare(tag)
        body = self._inside(tag)
        self._close(tag)
        return [Compress(tag.place, body)]

    def _setting(self, tag: Tag) -> list[Block]:
        reader = self._reader(tag)
        name = snake(reader.name("the name of a setting"))
        if name not in SETTINGS:
            raise TemplateError(f"there is no setting {name[:40]}: there are {', '.join(SETTINGS)}", tag.place)
        reader.expect("=", "after the setting's name")
        value = reader.expression()
        reader.finish()
        return [Set(tag.place, name, value)]

    def _stop(self, tag: Tag) -> list[Block]:
        reason = None if self._reader(tag).token.kind == "end" else self._whole(tag.tokens)
        return [Stop(tag.place, reason)]
