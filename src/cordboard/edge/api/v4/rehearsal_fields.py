"""A rehearsal as its request writes it and shows what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from cordboard.domain.compliance.optout import classify
from cordboard.domain.workflows.use_cases.rehearse_campaign import (
    MOST_PEOPLE,
    USUAL_SIZE,
    RehearsalRequest,
    Rehearsed,
)
from cordboard.edge.api.v4.campaign_fields import variables_of
from cordboard.engines.rules.statements import Statement, parse_statements
from cordboard.engines.workflow.delays import parse_moment
from cordboard.engines.workflow.rehearsal.behaviour import (
    ANSWERED,
    Answer,
    Behaviour,
    CallEnd,
    Lookup,
    Replies,
    Span,
)
from cordboard.engines.workflow.rehearsal.behaviour import (
    Reply as Written,
)
from cordboard.engines.workflow.wording import detail_of
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.money import to_number

_ENDS: Final = {
    "answered": ANSWERED,
    "machine": CallEnd(name="machine", status="completed", seconds=20, answered_by="machine"),
    "busy": CallEnd(name="busy", status="user_busy"),
    "noAnswer": CallEnd(name="noAnswer", status="no_answer", seconds=30),
}
_LONGEST_DELAY: Final = 60 * 24 * 366
_MOST_KINDS: Final = 100
_LONGEST_PERIOD: Final = 86_400_000
_LARGEST_SEED: Final = 2**53


class RehearsalBody(msgspec.Struct, rename="camel"):
    """All of it optional. Who: `contactIds`, `statements`, `contacts` made up (`{"extData": {...}}`), or else the first
    `size` contacts. What: `workflow` in place of the published one. How people behave: `replies` (`rate`,
    `delayMinutes`, `texts` with their weights, `byNode`), `calls` (weights of answered, machine, busy, noAnswer),
    `callbacks` and `assistants` by id (`variables`, `outcome`, `error`), `lookups` (`wireless`, `error`).
    """

    contact_ids: list[str] = []
    statements: list[Any] = []
    contacts: list[dict[str, Any]] = []
    size: int = USUAL_SIZE
    workflow: Any = None
    start: str | int | None = None
    period_ms: int = 0
    campaign_ext_data: dict[str, Any] | None = None
    replies: dict[str, Any] = {}
    calls: dict[str, Any] = {}
    callbacks: dict[str, Any] = {}
    assistants: dict[str, Any] = {}
    lookups: dict[str, Any] = {}
    seed: int = 1


def render_rehearsal(found: Rehearsed) -> dict[str, Any]:
    """The report; amounts in the account's currency, times epoch milliseconds."""
    report, nodes = found.report, found.definition.nodes
    sends = report.sends
    return {
        "people": report.people,
        "ended": report.ended,
        "waiting": report.waiting,
        "notStarted": report.not_started,
        "nodes": [
            {
                "id": one.node,
                "type": nodes[one.node].kind,
                "text": detail_of(nodes[one.node]),
                "entered": one.entered,
                "waiting": one.waiting,
            }
            for one in report.nodes
        ],
        "edges": [{"from": one.start, "to": one.end, "count": one.count} for one in report.edges],
        "sends": {
            "total": sends.total,
            "byTemplate": sends.by_template,
            "refused": sends.refused,
            "optedOut": sends.opted_out,
            "waiting": sends.waiting,
            "heldByQuietHours": sends.held_by_quiet_hours,
            "lastAt": None if sends.last_at is None else epoch_ms(sends.last_at),
            "longestBacklogSeconds": sends.longest_backlog_seconds,
            "segments": sends.segments,
            "cost": to_number(sends.cost),
            "surcharge": to_number(sends.surcharge),
            "tax": to_number(sends.tax),
            "currency": found.currency,
        },
        "calls": report.calls,
        "emails": report.emails,
        "replies": report.replies,
        "optOuts": report.opt_outs,
        "liveLists": report.live_lists,
        "campaigns": report.campaigns,
        "timeline": [{"at": epoch_ms(one.at), "sends": one.sends, "calls": one.calls} for one in report.timeline],
        "windows": [
            {"node": one.node, "waits": one.waits, "longestSeconds": one.longest_seconds} for one in report.windows
        ],
        "faults": [{"node": one.node, "problem": one.problem, "count": one.count} for one in report.faults],
        "longestSeconds": report.longest_seconds,
        "examples": [
            {"contactId": one.person, "path": one.path, "ending": one.ending, "reason": one.reason, "texts": one.texts}
            for one in report.examples
        ],
        "steps": report.steps,
        "cutOff": report.cut_off,
    }


def read_rehearsal(body: RehearsalBody) -> RehearsalRequest:
    """Raises InvalidInputError naming each bad field."""
    errors: list[FieldError] = []
    contact_ids = [parse_uuid(one) for one in body.contact_ids]
    if None in contact_ids or len(contact_ids) > MOST_PEOPLE:
        errors.append(FieldError("contactIds", f"must be at most {MOST_PEOPLE} ids of contacts"))
    if not 1 <= body.size <= MOST_PEOPLE:
        errors.append(FieldError("size", f"must be from 1 to {MOST_PEOPLE}"))
    if len(body.contacts) > MOST_PEOPLE or not all(isinstance(one.get("extData"), dict) for one in body.contacts):
        errors.append(FieldError("contacts", f'must be at most {MOST_PEOPLE} of {{"extData": {{...}}}}'))
    if not 0 <= body.period_ms <= _LONGEST_PERIOD:
        errors.append(FieldError("periodMs", f"must be from 0 to {_LONGEST_PERIOD}"))
    if abs(body.seed) > _LARGEST_SEED:
        errors.append(FieldError("seed", "must be a smaller number"))
    statements = _statements(body.statements, errors)
    variables = variables_of(body.campaign_ext_data, errors)
    start = _moment(body.start, errors)
    behaviour = _behaviour(body, errors)
    if errors:
        raise InvalidInputError(errors)
    return RehearsalRequest(
        contact_ids=tuple(dict.fromkeys(one for one in contact_ids if one is not None)),
        statements=statements,
        people=tuple(one["extData"] for one in body.contacts),
        size=body.size,
        workflow=_workflow(body.workflow),
        start=start,
        period=timedelta(milliseconds=body.period_ms),
        variables=variables,
        behaviour=behaviour,
        seed=body.seed,
    )


def _statements(given: list[Any], errors: list[FieldError]) -> tuple[Statement, ...]:
    try:
        return parse_statements(given)
    except InvalidInputError as error:
        errors += error.errors
        return ()


def _workflow(given: Any) -> str | None:
    if given is None or isinstance(given, str):
        return given or None
    return msgspec.json.encode(given).decode()


def _moment(given: str | int | None, errors: list[FieldError]) -> datetime | None:
    if given in (None, ""):
        return None
    found = parse_moment(str(given), ZoneInfo("UTC"))
    if found is None:
        errors.append(FieldError("start", "must be a time such as 2026-03-10T16:58:15Z"))
    return found


def _behaviour(body: RehearsalBody, errors: list[FieldError]) -> Behaviour:
    by_node = body.replies.get("byNode") or {}
    if not isinstance(by_node, dict) or not all(
        str(node).isdecimal() and isinstance(one, dict) for node, one in by_node.items()
    ):
        errors.append(FieldError("replies.byNode", "must map ids of nodes to replies"))
        by_node = {}
    calls = tuple(
        msgspec.structs.replace(_ENDS[name], weight=weight)
        for name, weight in _weights(body.calls, "calls", errors).items()
        if name in _ENDS
    )
    if unknown := set(body.calls) - set(_ENDS):
        errors.append(FieldError("calls", f"may have {', '.join(_ENDS)}, not {sorted(unknown)[0][:40]}"))
    return Behaviour(
        replies=_replies(body.replies, "replies", errors),
        replies_by_node={
            int(node): _replies(one, f"replies.byNode.{node}", errors)
            for node, one in list(by_node.items())[:_MOST_KINDS]
        },
        calls=calls or (ANSWERED,),
        callbacks=_answers(body.callbacks, "callbacks", "success", errors),
        assistants=_answers(body.assistants, "assistants", "done", errors),
        lookup=Lookup(
            wireless=_share(body.lookups.get("wireless", 1.0), "lookups.wireless", errors),
            facts={
                name: str(body.lookups[name])
                for name in ("city", "state", "country", "zip", "network", "company")
                if name in body.lookups
            },
            error=str(body.lookups.get("error") or ""),
        ),
    )


def _replies(given: Mapping[str, Any], field: str, errors: list[FieldError]) -> Replies:
    texts = _weights(given.get("texts") or {"yes": 1.0}, f"{field}.texts", errors)
    return Replies(
        rate=_share(given.get("rate", 0.0), f"{field}.rate", errors),
        after=_span(given.get("delayMinutes", 0), f"{field}.delayMinutes", errors),
        texts=tuple(_written(text, weight) for text, weight in texts.items()),
    )


def _written(text: str, weight: float) -> Written:
    word = classify(text)
    return Written(text, weight, word if word in ("stop", "start") else "")


def _answers(given: Mapping[str, Any], field: str, usual: str, errors: list[FieldError]) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for name, one in list(given.items())[:_MOST_KINDS]:
        variables = one.get("variables", {}) if isinstance(one, dict) else None
        if not isinstance(one, dict) or not isinstance(variables, dict):
            errors.append(FieldError(f"{field}.{name[:40]}", 'must be {"variables": {...}, "outcome", "error"}'))
            continue
        error = one.get("error")
        found[name] = Answer(
            variables={key.strip().lower(): str(value) for key, value in variables.items()},
            outcome=str(one.get("outcome") or usual),
            error=error if isinstance(error, str) else ("it fails" if error else ""),
            after=_span(one.get("delayMinutes", 0), f"{field}.{name[:40]}.delayMinutes", errors),
        )
    return found


def _share(given: Any, field: str, errors: list[FieldError]) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        errors.append(FieldError(field, "must be a number from 0 to 1"))
        return 0.0
    return float(given)


def _weights(given: Any, field: str, errors: list[FieldError]) -> dict[str, float]:
    good = isinstance(given, dict) and len(given) <= _MOST_KINDS
    numbers = list(given.values()) if good else []
    good = good and all(isinstance(one, int | float) and 0 <= one < _LARGEST_SEED for one in numbers)
    if not good or (numbers and not sum(numbers)):
        errors.append(FieldError(field, "must map names to weights of 0 or more, not all of them 0"))
        return {}
    return {str(name): float(weight) for name, weight in given.items()}


def _span(given: Any, field: str, errors: list[FieldError]) -> Span:
    """Minutes, or the least and the most of them."""
    bounds = given if isinstance(given, list) else [given, given]
    good = len(bounds) == 2 and all(
        isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= _LONGEST_DELAY for one in bounds
    )
    if not good or bounds[0] > bounds[1]:
        errors.append(FieldError(field, "must be minutes, or a list of the least and the most of them"))
        return Span()
    return Span(timedelta(minutes=bounds[0]), timedelta(minutes=bounds[1]))
