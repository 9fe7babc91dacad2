"""Ours: an account's own opt-out words."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.compliance.models import MatchRule, OptOutWord
from cordboard.domain.compliance.service import ComplianceService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError

_PATH: Final = "/v4/dncrule/optout"
_TAG: Final = "DNC"
_WORD: Final = {"match": "NO MORE", "matchRule": "exactMatch"}


class WordBody(msgspec.Struct, rename="camel"):
    """A word and how it is compared: the whole text, or its beginning."""

    match: str
    match_rule: MatchRule = "exactMatch"


class RemoveBody(msgspec.Struct):
    """The word to remove, unless the query names it."""

    match: str | None = None


class OptOutWordsResource:
    """`/v4/dncrule/optout`."""

    def __init__(self, compliance: ComplianceService) -> None:
        self._compliance = compliance

    async def get_words(self, call: Call) -> Reply:
        """The account's words; the usual ones (STOP and its like) always count."""
        words = await self._compliance.words(call.tx, call.principal.account_id)
        return Reply([render_word(word) for word in words])

    async def add_word(self, call: Call) -> Reply:
        """Adds a word, or changes its rule."""
        body: WordBody = call.body
        word = await self._compliance.put_word(call.tx, call.principal.account_id, body.match, body.match_rule)
        return Reply([render_word(word)])

    async def delete_word(self, call: Call) -> Reply:
        """Removes a word."""
        match = call.query.match or call.body.match
        if not match:
            raise InvalidInputError.of("match", "is required: the word to remove")
        return Reply([render_word(await self._compliance.remove_word(call.tx, call.principal.account_id, match))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=_PATH,
                handler=self.get_words,
                summary="Get opt-out words",
                privilege=Privilege.DNC_READ,
                tag=_TAG,
                example=Example(response=_WORD),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=_PATH,
                handler=self.add_word,
                summary="Add opt-out word",
                privilege=Privilege.DNC_UPDATE,
                body=WordBody,
                tag=_TAG,
                example=Example(body=_WORD, response=_WORD),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=_PATH,
                handler=self.delete_word,
                summary="Delete opt-out word",
                privilege=Privilege.DNC_UPDATE,
                body=RemoveBody,
                query=RemoveBody,
                tag=_TAG,
                example=Example(query={"match": "NO MORE"}, body={"match": "NO MORE"}, response=_WORD),
            ),
        )


def render_word(word: OptOutWord) -> dict[str, Any]:
    """A word as clients of the reference know it."""
    return {
        "accountSid": word.account_id,
        "match": word.match,
        "matchRule": word.match_rule,
        "created": epoch_ms(word.created_at),
    }
