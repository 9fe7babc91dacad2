"""Why runners refuse."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError


class RunnerNotFoundError(NotFoundError):
    """The campaign has no such runner."""

    fix = "List the campaign's runners with GET /v4/campaign/{campaignId}/batch."


class ScheduleNotFoundError(NotFoundError):
    """The campaign has no such schedule."""

    fix = "List the schedules with GET /v4/campaign/batch/schedule."


class NotManualError(ConflictError):
    """The runner goes by itself."""

    fix = "Only a runner with periodMs 0 is clicked through; start this one with .../start."


class ManualError(ConflictError):
    """The runner is clicked through, so it cannot be started."""

    fix = "Give it a periodMs other than 0 with PUT, or click through it with .../next."


class RunnerStartedError(ConflictError):
    """The runner has begun, so its contacts are fixed."""

    fix = "Make another runner for further contacts."


class ContactsGoneError(ConflictError):
    """The contacts of the runner that come next are all gone."""

    fix = "Send POST .../next until one enters: each time it passes over as many as moreInfo says."


class RunnerEmptyError(ConflictError):
    """Every contact of the runner has entered the campaign, or is gone."""

    fix = "Make another runner for further contacts."
