"""What Dial's text and nouns name, as the targets that are rung."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cordboard.engines.callflow.commands import DialNumber, DialSip, DialTarget, DialUser
from cordboard.engines.callflow.tags import Tag
from cordboard.engines.callflow.verbs.dial_nouns import Number, Sip, User
from cordboard.kit.phone import parse_number

MOST_TARGETS: Final = 10
_LONGEST_ADDRESS: Final = 256


class TargetError(Exception):
    """Somebody cannot be dialled; the message names whom, and the fix."""


def targets_of(
    text: str, nouns: Sequence[Tag], document: str, country_code: int | None = None
) -> tuple[DialTarget, ...]:
    """Whom to ring: the numbers of `text`, then the nouns, in order. `document` is heard by numbers without a `url`.

    A number without `+` gets `country_code`, where there is one. Raises TargetError.
    """
    numbers = [part.strip() for part in text.split(",") if part.strip()]
    targets: list[DialTarget] = [DialNumber(number=_number(part, country_code), url=document) for part in numbers]
    targets += _named(nouns, document, country_code)
    if not targets:
        raise TargetError("Dial needs a number, or a Number, Sip, User or Conference")
    if len(targets) > MOST_TARGETS:
        raise TargetError(f"at most {MOST_TARGETS} are dialled together, not {len(targets)}")
    return tuple(targets)


def _named(nouns: Sequence[Tag], document: str, country_code: int | None) -> Iterable[DialTarget]:
    for noun in nouns:
        if isinstance(noun, Number):
            yield DialNumber(
                number=_number(noun.text, country_code),
                send_digits=noun.send_digits,
                url=noun.url or document,
                method=noun.method,
            )
        elif isinstance(noun, Sip):
            yield DialSip(
                uri=_address(noun.text),
                username=noun.username,
                password=noun.password,
                send_digits=noun.send_digits,
            )
        elif isinstance(noun, User):
            if not noun.text or len(noun.text) > _LONGEST_ADDRESS:
                raise TargetError("User needs a user name or clientId as its text")
            yield DialUser(user=noun.text)


def _number(text: str, country_code: int | None) -> str:
    given = f"+{country_code}{text}" if country_code and not text.startswith("+") else text
    number = parse_number(given)
    if number is None:
        raise TargetError(f"{text[:40]!r} is not a phone number; write it as +19495551234")
    return number


def _address(text: str) -> str:
    scheme, _, rest = text.partition(":")
    if scheme.lower() not in ("sip", "sips") or "@" not in rest or len(text) > _LONGEST_ADDRESS or " " in text:
        raise TargetError(f"{text[:40]!r} is not a SIP address; write it as sip:user@host")
    return text
