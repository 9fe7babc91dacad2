"""The voices that documents and IVRs may name (the list of requests 85-89), and the older ways to name one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Gender = Literal["female", "male"]
Quality = Literal["premium", "standard"]

DEFAULT_VOICE: Final = "en-us-standard-female-1"

# Locale: what it is called, then how many premium female and male, standard female and male voices it has.
_LOCALES: Final[dict[str, tuple[str, int, int, int, int]]] = {
    "de-de": ("German (Germany)", 2, 2, 1, 1),
    "en-au": ("English (Australia)", 2, 2, 2, 2),
    "en-gb": ("English (UK)", 2, 2, 2, 2),
    "en-us": ("English (US)", 3, 3, 2, 2),
    "es-es": ("Spanish (Spain)", 0, 0, 1, 0),
    "fr-ca": ("French (Canada)", 0, 0, 2, 2),
    "fr-fr": ("French (France)", 2, 2, 2, 2),
    "it-it": ("Italian", 1, 0, 1, 0),
    "ja-jp": ("Japanese", 1, 0, 1, 0),
    "ko-kr": ("Korean (South Korea)", 1, 0, 1, 0),
    "nl-nl": ("Dutch (Netherlands)", 1, 0, 1, 0),
    "pt-br": ("Portuguese (Brazil)", 0, 0, 1, 0),
    "sv-se": ("Swedish", 1, 0, 1, 0),
    "tr-tr": ("Turkish", 1, 0, 1, 0),
}
_KINDS: Final[tuple[tuple[Quality, Gender], ...]] = (
    ("premium", "female"),
    ("premium", "male"),
    ("standard", "female"),
    ("standard", "male"),
)
_OLDER_LANGUAGES: Final = {"en": "en-us", "es": "es-es", "fr": "fr-fr", "it": "it-it", "de": "de-de"}
_OLDER_VOICES: Final[dict[str, Gender]] = {"man": "male", "woman": "female"}


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice: `language` and `region` as in `en-us`, the `ordinal` among its like from 1."""

    language: str
    region: str
    quality: Quality
    gender: Gender
    ordinal: int
    label: str

    @property
    def key(self) -> str:
        """What documents write: `en-us-standard-female-1`."""
        return f"{self.language}-{self.region}-{self.quality}-{self.gender}-{self.ordinal}"


def _listed() -> dict[str, Voice]:
    voices = [
        Voice(locale[:2], locale[3:], quality, gender, n, f"{name} {quality.title()} {gender.title()} {n}")
        for locale, (name, *counts) in _LOCALES.items()
        for (quality, gender), count in zip(_KINDS, counts, strict=True)
        for n in range(1, count + 1)
    ]
    return {voice.key: voice for voice in voices}


VOICES: Final[dict[str, Voice]] = _listed()
"""Every voice by its key."""


def find_voice(name: str, language: str = "") -> Voice | None:
    """The voice of a key; or of the older `man` or `woman` (or nothing) with a language such as `en-gb` or `fr`.

    None if there is no such voice or language.
    """
    name = name.strip().lower()
    if name in VOICES:
        return VOICES[name]
    if name and name not in _OLDER_VOICES:
        return None
    language = language.strip().lower()
    locale = _OLDER_LANGUAGES.get(language, language) or "en-us"
    gender = _OLDER_VOICES.get(name, "female")
    return VOICES.get(f"{locale}-standard-{gender}-1") or VOICES.get(f"{locale}-standard-female-1")
