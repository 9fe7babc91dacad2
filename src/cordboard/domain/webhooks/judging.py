"""Whether a receiver's answer is a success, and what a configuration wants to keep of it.

Paths are JSONPath without filters, and with one descendant step at most, because what they are applied to comes from
strangers and is to cost time in proportion to its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import jsonpath
import msgspec

from cordboard.domain.webhooks.models import HTTP_OK, Target
from cordboard.domain.webhooks.variables import text_of

_SUCCESS: Final = range(200, 300)
_LONGEST_PATH: Final = 255
LONGEST_KEPT: Final = 1024
"""What a value may have of bytes as JSON, to stand in a log of attempts."""
_NO_JSON: Final = object()


class Verdict(msgspec.Struct, frozen=True):
    """`error` None: delivered."""

    error: str | None
    variables: dict[str, Any] = {}


def path_problem(path: str) -> str | None:
    """Why a text cannot be used as a path; None if it can."""
    if len(path) > _LONGEST_PATH:
        return f"may have {_LONGEST_PATH} characters"
    if "?" in path or path.count("..") > 1:
        return "may have no filters and no more than one `..`"
    try:
        _compiled(path)
    except (jsonpath.JSONPathError, RecursionError) as error:
        return f"is not a JSONPath such as $.status: {str(error).splitlines()[0]}"
    return None


def judge(target: Target, status: int, body: bytes, longest: int = LONGEST_KEPT) -> Verdict:
    """Good is a 2xx answer that holds the expected value at the success path, if one is set. Mapped values that are
    longer than `longest` bytes as JSON are left out.
    """
    document = _NO_JSON
    if target.success_path != HTTP_OK or target.response_mapping or target.error_response_mapping:
        document = _parsed(body)
    error = _flaw(target, status, document)
    mapping = target.error_response_mapping if error else target.response_mapping
    return Verdict(error, _mapped(mapping, document, longest))


def _flaw(target: Target, status: int, document: Any) -> str | None:
    if status not in _SUCCESS:
        return f"the answer's status is {status}"
    if target.success_path == HTTP_OK:
        return None
    if document is _NO_JSON:
        return f"the answer is not JSON, so {target.success_path} finds nothing"
    found = _compiled(target.success_path).findall(document)
    if not found:
        return f"{target.success_path} finds nothing in the answer"
    if not target.success_value or any(_matches(value, target.success_value) for value in found):
        return None
    return f"{target.success_path} is not {target.success_value}"


def _matches(value: object, expected: str) -> bool:
    if value is None:
        return expected == "null"
    return text_of(value) == (expected.lower() if isinstance(value, bool) else expected)


def _mapped(mapping: Mapping[str, str], document: Any, longest: int) -> dict[str, Any]:
    """The first value that each path finds, as far as it can be kept: no longer than that, and without U+0000."""
    if document is _NO_JSON:
        return {}
    found = {name: _compiled(path).match(document) for name, path in mapping.items()}
    values = {name: match.value for name, match in found.items() if match is not None}
    return {name: value for name, value in values.items() if _keepable(msgspec.json.encode(value), longest)}


def _keepable(value: bytes, longest: int) -> bool:
    return len(value) <= longest and b"\\u0000" not in value


def _parsed(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NO_JSON


@lru_cache(maxsize=1024)
def _compiled(path: str) -> Any:
    return jsonpath.compile(path)
