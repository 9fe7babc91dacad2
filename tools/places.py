"""Writes the places of North American number ranges, src/cordboard/domain/lookups/directories/places.tsv, out of the
metadata of phonenumbers; `--check` compares instead. Loading that metadata itself costs a process 100 MB.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

from phonenumbers.geodata import GEOCODE_DATA

TARGET = Path(__file__).parent.parent / "src/cordboard/domain/lookups/directories/places.tsv"
_NORTH_AMERICA = "1"
_PLACE = re.compile(r"(?P<town>.+), (?P<state>[A-Z]{2})")


def build() -> str:
    """A line a place: town, state, and the prefixes of its numbers without the country code."""
    prefixes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for prefix, names in GEOCODE_DATA.items():
        found = _PLACE.fullmatch(names.get("en", "")) if prefix.startswith(_NORTH_AMERICA) else None
        if found:
            prefixes[found["state"], found["town"]].append(prefix.removeprefix(_NORTH_AMERICA))
    return "".join(f"{town}\t{state}\t{' '.join(sorted(prefixes[state, town]))}\n" for state, town in sorted(prefixes))


def main() -> int:
    """Exit code 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        TARGET.write_text(build(), "utf-8")
        return 0
    if TARGET.read_text("utf-8") == build():
        return 0
    print(f"{TARGET} is not what the installed phonenumbers says: run tools/places.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
