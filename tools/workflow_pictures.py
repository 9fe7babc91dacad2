"""Draws the workflows of docs/reference/workflows.md into docs/reference/workflows/ and shows each picture below its
example; `--check` compares instead.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cordboard.engines.workflow.definition import read_definition
from cordboard.engines.workflow.drawing import draw

PAGE = Path(__file__).parent.parent / "docs/reference/workflows.md"
PICTURES = PAGE.with_suffix("")
_PART = re.compile(
    r"^## (?P<title>[^\n]+)$|^```json\n(?P<json>.*?)^```\n(?:\n!\[[^\n]*\)\n)?", re.MULTILINE | re.DOTALL
)
_INTRODUCTION = "sections"


class Example(NamedTuple):
    """A workflow of the page, under the title of its section."""

    title: str
    definition: str


def examples(page: str) -> Iterator[Example]:
    """The page's workflows, in order."""
    title = _INTRODUCTION
    for part in _PART.finditer(page):
        if part["title"]:
            title = part["title"]
        else:
            yield Example(title, part["json"])


def with_pictures(page: str) -> str:
    """The page with the picture of each example below it."""
    title = _INTRODUCTION

    def shown(part: re.Match[str]) -> str:
        nonlocal title
        if part["title"]:
            title = part["title"]
            return part[0]
        return f"```json\n{part['json']}```\n\n![{title}](workflows/{title}.svg)\n"

    return _PART.sub(shown, page)


def build() -> dict[Path, str]:
    """Every file, as it should be."""
    page = PAGE.read_text("utf-8")
    pictures = {PICTURES / f"{one.title}.svg": draw(read_definition(one.definition)) for one in examples(page)}
    return {PAGE: with_pictures(page), **pictures}


def main() -> int:
    """Exit code 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    files = build()
    if not check:
        PICTURES.mkdir(exist_ok=True)
        for path, text in files.items():
            path.write_text(text, "utf-8")
        return 0
    stale = [path.name for path, text in files.items() if not path.is_file() or path.read_text("utf-8") != text]
    if stale:
        print(f"{', '.join(stale)}: not as the examples are drawn; run tools/workflow_pictures.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
