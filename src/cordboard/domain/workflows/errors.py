"""Why campaigns refuse."""

from __future__ import annotations

from typing import Final

from cordboard.domain.messaging.errors import NotEnabledError, NumberNotFoundError
from cordboard.kit.errors import ConflictError, NotFoundError

CANNOT_WRITE: Final = (NumberNotFoundError, NotEnabledError)
"""What messaging says of a number that was given back, is suspended or only calls: another of the set takes over."""


class CampaignNotFoundError(NotFoundError):
    """The account has no such campaign, or it is archived."""

    fix = "List the campaigns with GET /v4/campaign; an archived one has to be unarchived first."


class NoWorkflowError(ConflictError):
    """The campaign has no workflow to run."""

    fix = "Publish one with POST /v4/campaign/{campaignId}/workflow."


class RunNotFoundError(NotFoundError):
    """The account has no such run."""

    fix = "The id is the campaignRunId that Send Campaign answers."
