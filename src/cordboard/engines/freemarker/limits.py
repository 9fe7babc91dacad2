"""How far a template may go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one rendering. None measures time: `steps` stands for it."""

    template: int = 64 * 1024
    """Characters of a template."""
    nesting: int = 30
    """Directives within directives."""
    depth: int = 50
    """Expressions within expressions."""
    steps: int = 200_000
    """Evaluations and rounds of loops, with what they copy and write counted in."""
    iterations: int = 20_000
    """Rounds of all loops together."""
    output: int = 256 * 1024
    """Characters of what is rendered."""
    string: int = 256 * 1024
    """Characters of any string on the way."""
    sequence: int = 10_000
    """Items of any sequence or hash on the way."""
