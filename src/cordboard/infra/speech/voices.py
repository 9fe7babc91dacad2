"""Voice keys such as `en-us-premium-female-2`: language, gender, and the voice of espeak that stands for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Gender = Literal["female", "male"]

DEFAULT_VOICE: Final = "en-us-standard-female-1"
_KEY: Final = re.compile(
    r"(?P<language>[a-z]{2})-(?P<region>[a-z]{2})-(?P<quality>standard|premium)-(?P<gender>female|male)-(?P<ordinal>\d)"
)
_FEMALE: Final = ("f3", "f2", "f4", "f5", "f1")
_MALE: Final = ("m3", "m1", "m7", "m4", "m2")
_STANDARD_VOICES: Final = 2


class EspeakLanguage(NamedTuple):
    """espeak's name of a language; `remark` says what is lacking."""

    name: str
    remark: str = ""


ESPEAK_LANGUAGES: Final[Mapping[str, EspeakLanguage]] = {
    "de-de": EspeakLanguage("de"),
    "en-au": EspeakLanguage("en", "no Australian accent: spoken as British English"),
    "en-gb": EspeakLanguage("en"),
    "en-us": EspeakLanguage("en-US"),
    "es-es": EspeakLanguage("es"),
    "fr-ca": EspeakLanguage("fr", "no Canadian accent: spoken as in France"),
    "fr-fr": EspeakLanguage("fr"),
    "it-it": EspeakLanguage("it"),
    "ja-jp": EspeakLanguage("ja", "reads kana only; kanji are named, not read: use another engine"),
    "ko-kr": EspeakLanguage("ko", "hard to understand: use another engine"),
    "nl-nl": EspeakLanguage("nl"),
    "pt-br": EspeakLanguage("pt-BR"),
    "sv-se": EspeakLanguage("sv"),
    "tr-tr": EspeakLanguage("tr"),
}
"""What espeak has for each language of the voice list."""


class Voice(NamedTuple):
    """A voice key taken apart. `locale` is language and region, `en-us`; `ordinal` counts from 1."""

    key: str
    locale: str
    gender: Gender
    premium: bool
    ordinal: int

    @property
    def language(self) -> str:
        """The language alone, `en`."""
        return self.locale[:2]

    @property
    def espeak_name(self) -> str:
        """The voice that espeak gives it: a language and a variant of the gender, another one for each key."""
        variants = _FEMALE if self.gender == "female" else _MALE
        place = self.ordinal - 1 + (_STANDARD_VOICES if self.premium else 0)
        return f"{ESPEAK_LANGUAGES[self.locale].name}+{variants[place % len(variants)]}"

    def named(self, names: Mapping[str, str]) -> str | None:
        """What `names` has for the key, the locale and gender, or the gender, in this order."""
        wanted = (self.key, f"{self.locale}-{self.gender}", self.gender)
        return next((names[one] for one in wanted if one in names), None)


def voice_of(key: str) -> Voice:
    """The voice of a key in any case of letters; the default one for what is no key or of no language that we have."""
    found = _KEY.fullmatch(key.strip().lower())
    if found is None or f"{found['language']}-{found['region']}" not in ESPEAK_LANGUAGES:
        return voice_of(DEFAULT_VOICE)
    return Voice(
        key=found[0],
        locale=f"{found['language']}-{found['region']}",
        gender="female" if found["gender"] == "female" else "male",
        premium=found["quality"] == "premium",
        ordinal=max(1, int(found["ordinal"])),
    )
