"""Tokens made expressions, with FreeMarker's precedence."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

from cordboard.engines.freemarker.applying import SPECIAL, STYLED, Applied, arity_of, special
from cordboard.engines.freemarker.built_ins.table import BUILT_INS, REFUSED
from cordboard.engines.freemarker.expressions import (
    Comparison,
    Default,
    Exists,
    Expression,
    Items,
    Lambda,
    Literal,
    Logic,
    Member,
    Names,
    Not,
    Pairs,
    Parenthesis,
    Pieces,
    Sign,
    Span,
    Special,
    Sum,
)
from cordboard.engines.freemarker.faults import ExhaustedError, TemplateError
from cordboard.engines.freemarker.numbers import number_of
from cordboard.engines.freemarker.picking import Item
from cordboard.engines.freemarker.specials import SPECIALS
from cordboard.engines.freemarker.strings import pieces_of
from cordboard.engines.freemarker.tokens import Token

_LEVELS: Final = {
    "||": 0, "&&": 1, "=": 2, "==": 2, "!=": 2, "<": 3, "<=": 3, ">": 3, ">=": 3,
    "..": 4, "..<": 4, "..*": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_LOGIC: Final = (0, 1)
_SPAN: Final = 4
_CHAINED: Final = (0, 1, 5, 6)
_TIGHTEST: Final = 7
_STARTS: Final = frozenset({"number", "raw", "text", "name"})
_CAMEL: Final = re.compile(r"(?<=[a-z])[A-Z]")
Made = TypeVar("Made", bound=Expression)
Listed = TypeVar("Listed")


def snake(name: str) -> str:
    """A directive's or built-in's name in its usual spelling, for one in camel case."""
    return _CAMEL.sub(lambda letter: f"_{letter[0].lower()}", name)


class ExpressionReader:
    """Reads the tokens of one tag or interpolation. All its methods raise TemplateError."""

    def __init__(self, tokens: tuple[Token, ...], limit: int, depth: int = 0) -> None:
        self._tokens = tokens
        self._at = 0
        self._limit = limit
        self._depth = depth

    @property
    def token(self) -> Token:
        """The one to be read next."""
        return self._tokens[self._at]

    def take(self) -> Token:
        """Reads a token."""
        token = self.token
        if token.kind != "end":
            self._at += 1
        return token

    def sees(self, *signs: str, ahead: int = 0) -> bool:
        """Whether one of some signs, or reserved words, comes next."""
        place = self._at + ahead
        return place < len(self._tokens) and (
            self._tokens[place].kind in ("sign", "word") and self._tokens[place].text in signs
        )

    def sees_name(self, ahead: int = 0) -> bool:
        """Whether a name comes next."""
        place = self._at + ahead
        return place < len(self._tokens) and self._tokens[place].kind == "name"

    def passes(self, *signs: str) -> bool:
        """Reads one of some signs if it comes next."""
        seen = self.sees(*signs)
        self._at += seen
        return seen

    def expect(self, sign: str, where: str) -> Token:
        """Reads a sign."""
        if not self.sees(sign):
            raise self.unexpected(f"{sign} is needed {where}")
        return self.take()

    def name(self, what: str) -> str:
        """Reads a name."""
        if self.token.kind != "name":
            raise self.unexpected(f"{what} is needed")
        return self.take().text

    def finish(self) -> None:
        """Nothing may be left."""
        if self.token.kind != "end":
            raise self.unexpected("the expression has ended")

    def unexpected(self, wanted: str) -> TemplateError:
        """The fault of the next token."""
        token = self.token
        seen = "this ends here" if token.kind == "end" else f"here is {token.text[:40]}"
        return TemplateError(f"{seen}, but {wanted}", token.place)

    def expression(self) -> Expression:
        """Reads an expression of any kind."""
        self._depth += 1
        if self._depth > self._limit:
            raise self._too_deep()
        made = self._binary(0)
        self._depth -= 1
        return made

    def _too_deep(self) -> ExhaustedError:
        return ExhaustedError(f"expressions may be nested {self._limit} deep", self.token.place)

    def _made(self, made: Made, *inner: Expression | None) -> Made:
        """Notes how deep an expression is nested."""
        made.height = 1 + max((one.height for one in inner if one is not None), default=0)
        if made.height > self._limit:
            raise self._too_deep()
        return made

    def _binary(self, floor: int) -> Expression:
        left = self._unary()
        ceiling = _TIGHTEST
        while self.token.kind == "sign":
            level = _LEVELS.get(self.token.text, -1)
            if level < floor or level > ceiling:
                break
            sign = self.take()
            if level in _CHAINED:
                left = self._chain(left, sign, level)
                ceiling = level
            else:
                left = self._pair(left, sign, level)
                ceiling = level - 1
        return left

    def _chain(self, left: Expression, sign: Token, level: int) -> Expression:
        """Operators of one level, from left to right, so that long sums are not nested deep."""
        steps = [(sign.text, sign.place, self._binary(level + 1))]
        while self.token.kind == "sign" and _LEVELS.get(self.token.text) == level:
            sign = self.take()
            steps.append((sign.text, sign.place, self._binary(level + 1)))
        operands = [left, *(operand for _, _, operand in steps)]
        if level in _LOGIC:
            return self._made(Logic(left.place, level == 1, operands), *operands)
        return self._made(Sum(left.place, left, steps), *operands)

    def _pair(self, left: Expression, sign: Token, level: int) -> Expression:
        if level == _SPAN:
            last = self._binary(level + 1) if sign.text != ".." or self._starts() else None
            return self._made(Span(left.place, left, sign.text, last), left, last)
        right = self._binary(level + 1)
        return self._made(Comparison(sign.place, left, sign.text, right), left, right)

    def _starts(self) -> bool:
        """Whether an expression can begin with the next token."""
        return self.token.kind in _STARTS or self.sees("(", "[", "{", "+", "-", "!", ".", "true", "false")

    def _unary(self) -> Expression:
        token = self.token
        if self.sees("+", "-"):
            self.take()
            operand = self._postfix(self._base())
            return self._made(Sign(token.place, token.text == "-", operand), operand)
        turns = 0
        while self.passes("!"):
            turns += 1
        operand = self._postfix(self._base())
        if not turns:
            return operand
        negated = self._made(Not(token.place, operand), operand)
        return negated if turns % 2 else self._made(Not(token.place, negated), negated)

    def _base(self) -> Expression:
        token = self.token
        if token.kind == "number":
            self.take()
            return Literal(token.place, number_of(token.text) or Decimal(0))
        if token.kind in ("raw", "text"):
            self.take()
            return self._string(token)
        if token.kind == "name":
            return self._names()
        if self.passes("true", "false"):
            return Literal(token.place, token.text == "true")
        if self.passes("("):
            inner = self.expression()
            self.expect(")", "to close the parenthesis")
            return self._made(Parenthesis(token.place, inner), inner)
        if self.passes("["):
            items = self._list("]", self.expression)
            return self._made(Items(token.place, items), *items)
        if self.passes("{"):
            pairs = self._list("}", self._pair_of_hash)
            return self._made(Pairs(token.place, pairs), *(one for pair in pairs for one in pair))
        if self.passes("."):
            return self._special(token)
        raise self.unexpected("a value is needed: a name, a string, a number or (...)")

    def _string(self, token: Token) -> Expression:
        parts = pieces_of(token, self._inner)
        if all(isinstance(part, str) for part in parts):
            return Literal(token.place, "".join(str(part) for part in parts))
        return self._made(Pieces(token.place, parts), *(part for part in parts if isinstance(part, Expression)))

    def _inner(self, tokens: tuple[Token, ...]) -> Expression:
        """The expression of an interpolation in a string."""
        reader = ExpressionReader(tokens, self._limit, self._depth + 1)
        made = reader.expression()
        reader.finish()
        return made

    def _names(self) -> Expression:
        token = self.take()
        names = [token.text]
        while self.sees(".") and self._tokens[self._at + 1].kind in ("name", "word"):
            self.take()
            names.append(self.take().text)
        return Names(token.place, tuple(names))

    def _special(self, dot: Token) -> Expression:
        name = self.name("a special variable such as .now")
        read = SPECIALS.get(snake(name))
        if read is None:
            raise TemplateError(
                f"there is no special variable .{name}: there are .{', .'.join(sorted(SPECIALS))}", dot.place
            )
        return Special(dot.place, read)

    def _pair_of_hash(self) -> tuple[Expression, Expression]:
        key = self.expression()
        if not self.passes(":", ","):
            raise self.unexpected(": is needed between a key and its value")
        return key, self.expression()

    def _list(self, closing: str, read: Callable[[], Listed]) -> list[Listed]:
        """What stands up to a closing sign, with commas between or without."""
        made: list[Listed] = []
        while not self.sees(closing):
            made.append(read())
            if self.passes(","):
                if self.sees(closing):
                    raise self.unexpected("something is needed after the comma")
            elif not self.sees(closing) and not self._starts():
                raise self.unexpected(f"{closing} or a comma is needed")
        self.take()
        return made

    def _postfix(self, made: Expression) -> Expression:
        while True:
            token = self.token
            if self.passes("?"):
                made = self._built_in(made, token)
            elif self.passes("??"):
                made = self._made(Exists(token.place, made), made)
            elif self.passes("!"):
                made = self._default(made, token)
            elif self.sees(".") and self._tokens[self._at + 1].kind in ("name", "word"):
                self.take()
                made = self._made(Member(token.place, made, self.take().text), made)
            elif self.passes("["):
                made = self._index(made, token)
            elif self.sees("("):
                raise TemplateError(f"{made.shown()} is not called: there are no methods here", token.place)
            else:
                return made

    def _index(self, target: Expression, token: Token) -> Expression:
        index = self.expression()
        self.expect("]", "to close the index")
        if isinstance(target, Names) and isinstance(index, Literal) and isinstance(index.constant, str):
            return Names(target.place, (*target.names, index.constant))
        return self._made(Item(token.place, target, index), target, index)

    def _default(self, target: Expression, token: Token) -> Expression:
        fallback = self.expression() if self._starts() else None
        return self._made(Default(token.place, target, fallback), target, fallback)

    def _built_in(self, target: Expression, token: Token) -> Expression:
        given = self.name("a built-in's name")
        name = snake(given)
        built_in = BUILT_INS.get(name)
        if built_in is None and name not in SPECIAL:
            if name in REFUSED:
                raise TemplateError(f"?{given} is not allowed here", token.place)
            raise TemplateError(f"there is no built-in ?{given}", token.place)
        arguments = self._styles() if name in STYLED else []
        if not arguments and self.passes("("):
            arguments = self._list(")", self._argument)
            if not arguments:
                raise TemplateError(self._wants(name, arity_of(name, built_in)), token.place)
        least, most = arity_of(name, built_in)
        if not least <= len(arguments) <= most:
            raise TemplateError(self._wants(name, (least, most)), token.place)
        if name == "exists":
            return self._made(Exists(token.place, target), target)
        if built_in is None:
            return self._made(special(token.place, name, target, arguments), target, *arguments)
        return self._made(Applied(token.place, target, name, built_in, arguments), target, *arguments)

    def _styles(self) -> list[Expression]:
        """A format given as a member."""
        if self.sees(".") and self._tokens[self._at + 1].kind in ("name", "word"):
            self.take()
            token = self.take()
            return [Literal(token.place, token.text)]
        if self.passes("["):
            style = self.expression()
            self.expect("]", "to close the format")
            return [style]
        return []

    @staticmethod
    def _wants(name: str, arity: tuple[int, int]) -> str:
        least, most = arity
        if most == 0:
            return f"?{name} takes no arguments: write it without parentheses"
        counted = str(least) if least == most else f"{least} to {most}" if most < 100 else f"at least {least}"
        return f"?{name} takes {counted} argument{'' if least == most == 1 else 's'}"

    def _argument(self) -> Expression:
        """An argument, which may be a lambda."""
        place = self.token.place
        bare = self.sees_name() and self.sees("->", ahead=1)
        wrapped = self.sees("(") and self.sees_name(ahead=1) and self.sees(")", ahead=2) and self.sees("->", ahead=3)
        if not (bare or wrapped):
            return self.expression()
        self.passes("(")
        name = self.name("a lambda's parameter")
        self.passes(")")
        self.expect("->", "in a lambda")
        body = self.expression()
        return self._made(Lambda(place, name, body), body)
