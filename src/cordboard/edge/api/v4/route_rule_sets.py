"""Ours: the rule sets that route destinations name."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.routing.models import RuleSet
from cordboard.domain.routing.tags import RuleSetService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.clock import epoch_ms

_TAG: Final = "Inbound routing"
_PATH: Final = {"ruleSetId": "3dcde161-1b00-11ec-bfe1-d58d9b9bb3f6"}
_BODY: Final = {
    "name": "Office hours",
    "statements": [
        {"variable": "time.dayofweek", "operation": "equals_one_of", "value": "saturday,sunday", "negated": True},
        {"variable": "time.hhmm", "operation": "greater_than", "value": "0859", "negated": False},
        {"variable": "time.hhmm", "operation": "less_than", "value": "1700", "negated": False},
    ],
}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_PATH,
    **_BODY,
    "created": 1584459850921,
}


class RuleSetBody(msgspec.Struct):
    """Statements as in scripts: all have to hold. `variable` is a field of the event, a key of the contact's extData,
    a variable of an `inroute` webhook, `time.dayofweek` (monday to sunday) or `time.hhmm` (0000 to 2359), both on the
    number's clock.
    """

    name: str
    statements: list[dict[str, Any]]


class RuleSetChangesBody(msgspec.Struct):
    """What to change of a rule set."""

    name: str | None = None
    statements: list[dict[str, Any]] | None = None


class RouteRuleSetsResource:
    """`/v4/route/ruleset`."""

    def __init__(self, rule_sets: RuleSetService) -> None:
        self._rule_sets = rule_sets

    async def get_rule_sets(self, call: Call) -> Reply:
        """Every rule set of the account."""
        found = await self._rule_sets.all_of(call.tx, call.principal.account_id)
        return Reply([render_rule_set(one) for one in found])

    async def add_rule_set(self, call: Call) -> Reply:
        """A new rule set."""
        body: RuleSetBody = call.body
        return _shown(await self._rule_sets.add(call.tx, call.principal.account_id, body.name, body.statements))

    async def get_rule_set(self, call: Call) -> Reply:
        """One rule set."""
        return _shown(await self._rule_sets.get(call.tx, call.principal.account_id, _id(call)))

    async def edit_rule_set(self, call: Call) -> Reply:
        """Changes what is given; statements as a whole."""
        body: RuleSetChangesBody = call.body
        account_id = call.principal.account_id
        return _shown(await self._rule_sets.edit(call.tx, account_id, _id(call), body.name, body.statements))

    async def delete_rule_set(self, call: Call) -> Reply:
        """Removes a rule set that no destination uses."""
        return _shown(await self._rule_sets.delete(call.tx, call.principal.account_id, _id(call)))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/route/ruleset", "/v4/route/ruleset/{ruleSetId}"
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=base,
                handler=self.get_rule_sets,
                summary="Get route rule sets",
                privilege=Privilege.ROUTE_READ,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=base,
                handler=self.add_rule_set,
                summary="Add route rule set",
                privilege=Privilege.ROUTE_UPDATE,
                body=RuleSetBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=one,
                handler=self.get_rule_set,
                summary="Get route rule set",
                privilege=Privilege.ROUTE_READ,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="PUT",
                path=one,
                handler=self.edit_rule_set,
                summary="Edit route rule set",
                privilege=Privilege.ROUTE_UPDATE,
                body=RuleSetChangesBody,
                tag=_TAG,
                example=Example(path=_PATH, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one,
                handler=self.delete_rule_set,
                summary="Delete route rule set",
                privilege=Privilege.ROUTE_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
        )


def render_rule_set(one: RuleSet) -> dict[str, Any]:
    """A rule set."""
    return {
        "accountSid": one.account_id,
        "ruleSetId": one.id,
        "name": one.name,
        "statements": one.statements,
        "created": epoch_ms(one.created_at),
    }


def _shown(one: RuleSet) -> Reply:
    return Reply([render_rule_set(one)])


def _id(call: Call) -> UUID:
    return uuid_in_path(call, "ruleSetId")
