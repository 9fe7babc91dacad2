"""Why a call is not made."""

from __future__ import annotations

from cordboard.kit.errors import NotConfiguredError, NotFoundError, RefusedError, TooManyRequestsError


class CallNotFoundError(NotFoundError):
    """No call of that id, or it is over."""

    message = "Call not found"


class ConferenceNotFoundError(NotFoundError):
    """No conference of that id, or it is over."""

    message = "Conference not found"


class MemberNotFoundError(NotFoundError):
    """Nobody of that number is in the conference."""

    message = "Conference member not found"


class RecordingNotFoundError(NotFoundError):
    """No recording of that id."""

    message = "Recording not found"


class CallRefusedError(RefusedError):
    """The gate, or a rule of the account, forbids the call."""

    code = "call_refused"
    message = "Call refused"
    fix = "GET /v4/decision/{callSid} says which rule it was; respect it, or change it."


class NotVoiceEnabledError(RefusedError):
    """The number cannot make calls."""

    code = "not_voice_enabled"
    message = "Number is not voice-enabled"
    fix = "Call from a number with the attribute voice-enabled."


class NoFederalDncError(RefusedError):
    """The federal list was asked for by an account that has no access to it."""

    code = "no_federal_dnc"
    message = "No access to the federal DNC list"
    fix = "Ask the operator for federal_dnc, or leave checkFederalDnc out."


class NoFederalListError(NotConfiguredError):
    """The federal list was asked for, and this installation has none."""

    message = "No federal DNC list"
    fix = "Ask the operator to load the list: `cordboard dnc import`."


class InsufficientFundsError(RefusedError):
    """A prepaid balance does not cover a minute of the call."""

    code = "insufficient_funds"
    message = "Insufficient funds"
    fix = "Top the balance up."


class TooManyCallsError(TooManyRequestsError):
    """The account's calls at once or a second are used up."""

    message = "Too many calls"


class SpendCapError(RefusedError):
    """The account has spent what it may today, in all or on a prefix."""

    code = "spend_cap"
    message = "Daily spend reached"
    fix = "Wait for the next day (UTC), or ask the operator for a higher cap."
