"""Calls of workflows, read as Make Call reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cordboard.domain.workflows.ports import ReadCall
from cordboard.edge.api.frame.decode import build
from cordboard.edge.api.v4.call_fields import CallHandling, options_of
from cordboard.kit.errors import FieldError, InvalidInputError


class CallsOfWorkflows:
    """`workflows.ports.CallReader` by the fields of request 29."""

    def __init__(self, *, allow_private_urls: bool) -> None:
        self._allow_private = allow_private_urls

    def read(self, members: Mapping[str, Any]) -> ReadCall:
        """The options of a call. Raises InvalidInputError naming each bad member."""
        body = build(CallHandling, members)
        errors: list[FieldError] = []
        if not body.url:
            errors.append(FieldError("url", "is required: the InboundXML document that handles the call"))
        options = options_of(body, allow_private=self._allow_private, errors=errors)
        if errors:
            raise InvalidInputError(errors)
        return ReadCall(options=options, check_federal_dnc=body.check_federal_dnc, metadata=body.metadata or {})

    def faults(self, members: Mapping[str, Any]) -> list[FieldError]:
        """What is wrong with members before their variables are replaced: those that hold any are not looked at."""
        fixed = {name: value for name, value in members.items() if not (isinstance(value, str) and "%" in value)}
        try:
            self.read({"url": "https://example.com", **fixed})
        except InvalidInputError as error:
            return list(error.errors)
        return []
