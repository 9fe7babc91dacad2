"""Characters that text editors slip in and that GSM 7 bit has a look-alike for.

Only punctuation, spaces, ligatures and forms that Unicode itself calls equivalent: no letter loses its accent, no digit
its raised position, no symbol its meaning.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from cordboard.wire.sms.alphabets import GSM_CHARACTERS

_STAND_INS: Final = {
    "'": "`´‘’‚‛′‵ʹʼʻˈ‹›",
    '"': "“”„‟″‶«»〝〞",
    "-": "‐‑‒–—―−﹘﹣⁃",
    "...": "…",
    "..": "‥",
    ".": "․",
    " ": "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\u000b\u0085\u2028\u2029",
    "": "\u00ad\u200b\u2060\ufeff",
    "/": "⁄∕",
    "*": "∗⁎•",
    ":": "∶",
    ";": "\u037e",
    "~": "∼˜",
    "!!": "‼",
    "??": "⁇",
    "?!": "⁈",
    "!?": "⁉",
    "ff": "ﬀ",
    "fi": "ﬁ",
    "fl": "ﬂ",
    "ffi": "ﬃ",
    "ffl": "ﬄ",
    "st": "ﬆ",
    "K": "\u212a",
    "Å": "\u212b",
    "Ω": "\u2126",
}
_FULL_WIDTH: Final = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F) if chr(code) in GSM_CHARACTERS}
_REPLACEMENTS: Final = {
    character: stand_in for stand_in, characters in _STAND_INS.items() for character in characters
} | _FULL_WIDTH
_REPLACEABLE: Final = re.compile(
    f"[{re.escape(''.join(_REPLACEMENTS))}]|[^\u0300-\u036f][\u0300-\u036f]"  # or a letter and its accent
)


def replace_lookalikes(text: str) -> tuple[str, dict[str, str]]:
    """`text` with every look-alike replaced, and which characters became what."""
    replaced: dict[str, str] = {}

    def stand_in(match: re.Match[str]) -> str:
        found = match[0]
        new = _REPLACEMENTS[found] if len(found) == 1 else _composed(found)
        if new != found:
            replaced[found] = new
        return new

    return _REPLACEABLE.sub(stand_in, text), replaced


def _composed(pair: str) -> str:
    """The single character that a letter with a combining accent is equivalent to, if the alphabet has it."""
    composed = unicodedata.normalize("NFC", pair)
    return composed if composed in GSM_CHARACTERS else pair
