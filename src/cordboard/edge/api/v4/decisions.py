"""Ours: why a message was sent, late or not at all."""

from __future__ import annotations

from typing import Any

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.compliance.models import StoredDecision
from cordboard.domain.compliance.service import ComplianceService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.clock import epoch_ms


class DecisionsResource:
    """`/v4/decision`."""

    def __init__(self, compliance: ComplianceService) -> None:
        self._compliance = compliance

    async def get_decisions(self, call: Call) -> Reply:
        """What the gate decided about a message, oldest first. Raises NotFoundError."""
        message_id = uuid_in_path(call, "messageSid")
        found = await self._compliance.decisions_of(call.tx, call.principal.account_id, message_id)
        return Reply([render_decision(decision) for decision in found])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="ours",
                method="GET",
                path="/v4/decision/{messageSid}",
                handler=self.get_decisions,
                summary="Why was it sent, or not",
                privilege=Privilege.LOG_READ,
                tag="Logs",
                example=Example(
                    path={"messageSid": "0ed34990-5ceb-11eb-b685-d322c09b20ac"},
                    response={
                        "messageSid": "0ed34990-5ceb-11eb-b685-d322c09b20ac",
                        "channel": "sms",
                        "verdict": "refuse",
                        "code": "opted_out",
                        "reason": "+15558675309 has unsubscribed from this account",
                        "deferUntil": None,
                        "rules": {"stage": "accept", "dnc": "listed"},
                        "rulesVersion": "2026-11",
                        "decidedAt": 1668038863426,
                    },
                ),
            ),
        )


def render_decision(decision: StoredDecision) -> dict[str, Any]:
    """A row of the ledger; times in epoch milliseconds."""
    return {
        "accountSid": decision.account_id,
        "messageSid": decision.subject_id,
        "channel": decision.channel,
        "verdict": decision.verdict,
        "code": decision.code,
        "reason": decision.reason,
        "deferUntil": epoch_ms(decision.defer_until) if decision.defer_until else None,
        "rules": decision.rules,
        "rulesVersion": decision.rules_version,
        "decidedAt": epoch_ms(decision.decided_at),
    }
