"""What a text message asks for: to be left alone, to be written to again, or help. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cordboard.domain.compliance.models import OptOutWord, Word

AGREEMENT: Final = "yes"
"""Asks to be written to again, but only from somebody who is opted out: others answer questions with it."""

_STOP: Final = frozenset(
    {"stop", "end", "quit", "cancel", "unsubscribe", "stopall", "stop all", "revoke", "optout", "opt out", "opt-out"}
)
_START: Final = frozenset({"start", "unstop"})
_HELP: Final = frozenset({"help", "info"})
_AROUND: Final = re.compile(r"^[\s\"'“”‘’.,!?;:()\[\]-]+|[\s\"'“”‘’.,!?;:()\[\]-]+$")
_WHITE: Final = re.compile(r"\s+")


def classify(text: str, own_words: Sequence[OptOutWord] = (), *, opted_out: bool = False) -> Word | None:
    """The word that `text` is, in any case and with punctuation around it; None for anything longer or else.

    An account's own words mean stop: the whole text by `exactMatch`, its beginning by `beginsWith`. `opted_out`: the
    sender is now, so that a plain YES means start.
    """
    word = normalise(text)
    if not word:
        return None
    if word in _STOP or any(_matches(word, own) for own in own_words):
        return "stop"
    if word in _START or (opted_out and word == AGREEMENT):
        return "start"
    return "help" if word in _HELP else None


def normalise(text: str) -> str:
    """A text as words are compared: without case, surrounding punctuation and repeated white space."""
    return _WHITE.sub(" ", _AROUND.sub("", text)).casefold()


def _matches(word: str, own: OptOutWord) -> bool:
    match = normalise(own.match)
    return word == match or (own.match_rule == "beginsWith" and word.startswith(match))
