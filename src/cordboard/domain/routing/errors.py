"""What can go wrong with inbound routing."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError, RefusedError


class RouteTagNotFoundError(NotFoundError):
    """The account has no such tag."""

    message = "Route tag not found"


class RouteTagExistsError(ConflictError):
    """The account has a tag of that name."""

    message = "Route tag exists"


class DestinationNotFoundError(NotFoundError):
    """The account has no such destination."""

    message = "Route destination not found"


class DestinationExistsError(ConflictError):
    """The tag has that destination."""

    message = "Route destination exists"


class RuleSetNotFoundError(NotFoundError):
    """The account has no such rule set."""

    message = "Rule set not found"


class RuleSetInUseError(ConflictError):
    """Destinations refer to the rule set."""

    message = "Rule set is in use"


class TooManyRoutesError(RefusedError):
    """The account has as many tags, destinations or rule sets as it may."""

    code = "too-many-routes"
    message = "Too many routes"
