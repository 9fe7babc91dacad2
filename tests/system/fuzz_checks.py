"""What fuzzing looks for: an answer that says that we broke. 503 is for what an installation has not set up."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import schemathesis


@schemathesis.check
def nothing_breaks(_context: Any, response: Any, case: Any) -> None:
    """No internal error."""
    code = response.status_code
    broken = code >= HTTPStatus.INTERNAL_SERVER_ERROR and code != HTTPStatus.SERVICE_UNAVAILABLE
    assert not broken, f"{case.method} {case.path} answers {code}: {response.text[:300]}"
