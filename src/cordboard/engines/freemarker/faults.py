"""What can be wrong with a template.

FreemarkerError (what callers see: a line, a column, the problem)
SpentError (what callers see who set a budget for several renderings: how much it was)
TemplateError (inside the engine: a problem, and its place once that is known)
├── MissingError (a value that is not there; a default or `??` around parentheses forgives it)
└── ExhaustedError (a limit is reached; `<#attempt>` does not forgive it)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

_LONGEST_PROBLEM: Final = 300


class FreemarkerError(Exception):
    """A template that cannot be read or rendered: its author's fault. Lines and columns count from 1."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.line = line
        self.column = column
        self.problem = problem


class SpentError(Exception):
    """The budget that several renderings share is spent."""


class TemplateError(Exception):
    """A problem within a template; `place` is an offset into its text, None while only the caller knows it."""

    def __init__(self, problem: str, place: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place


class MissingError(TemplateError):
    """A value that is needed is not there."""


class ExhaustedError(TemplateError):
    """A limit of the engine is reached."""


def line_ends(text: str) -> list[int]:
    """The offsets of the line breaks of a text."""
    return [offset for offset, sign in enumerate(text) if sign == "\n"]


def located(fault: TemplateError, ends: Sequence[int], place: int) -> FreemarkerError:
    """The fault as callers see it; `place` stands in for a place that the fault does not know."""
    offset = place if fault.place is None else fault.place
    line = bisect_left(ends, offset)
    start = ends[line - 1] + 1 if line else 0
    return FreemarkerError(line + 1, offset - start + 1, fault.problem[:_LONGEST_PROBLEM])
