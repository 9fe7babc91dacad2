"""A field of a text request that cannot be taken."""

from __future__ import annotations

from typing import Final

OPTIONAL: Final = "THIS IS AN OPTIONAL FIELD"


class BadFieldError(Exception):
    """What is wrong, in the words of a line, and the value as a line tells it."""

    def __init__(self, problem: str, value: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.value = value
