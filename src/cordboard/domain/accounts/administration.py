"""Who may administer whom: nobody gives or touches more than their own, and an administrator always remains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cordboard.domain.accounts import user_repository
from cordboard.domain.accounts.errors import LastAdministratorError
from cordboard.domain.accounts.models import User
from cordboard.domain.accounts.privileges import OPERATOR_ROLE, ROLES, Privilege, labels_of, mask_of_roles
from cordboard.infra.db import Tx
from cordboard.kit.errors import FieldError, PermissionDeniedError

# Of each there must be somebody left, where there was.
_KEPT: Final = (Privilege.USER_UPDATE, Privilege.PLATFORM_ADMIN)
_MOST_ROLES: Final = 100


def role_problems(wanted: Sequence[str], present: Sequence[str], privileges: int) -> list[FieldError]:
    """Why somebody with `privileges` cannot give the roles `wanted` to a user who has `present`: each that is unknown,
    or is new to the user and gives what the granter lacks.
    """
    if len(wanted) > _MOST_ROLES:
        return [FieldError("roles", f"may have {_MOST_ROLES} members")]
    problems = (_problem(role, present, privileges) for role in dict.fromkeys(wanted))
    return [FieldError("roles", problem) for problem in problems if problem]


def roles_after(wanted: Sequence[str], present: Sequence[str]) -> list[str]:
    """The roles of a user who had `present` and is given `wanted`. The operator's role is neither given nor taken."""
    return [*dict.fromkeys(wanted), *(role for role in present if role == OPERATOR_ROLE)]


def require_reach(privileges: int, target: User) -> None:
    """Raises PermissionDeniedError where a user has privileges that somebody with `privileges` lacks."""
    if lacking := target.privileges & ~privileges:
        raise PermissionDeniedError(f"the user has privileges that you lack: {', '.join(labels_of(lacking))}")


async def require_administrator_left(tx: Tx, before: User, after: User | None) -> None:
    """Raises LastAdministratorError where the change of a user, or (None) the removal, leaves nobody who is active and
    may administer. The account is locked: of two such changes the second one sees what the first one left.
    """
    lost = privileges_in_force(before) & ~(privileges_in_force(after) if after else 0)
    for privilege in _KEPT:
        if lost & privilege.bit and not await user_repository.active_except(
            tx, before.account_id, before.id, [role for role, mask in ROLES.items() if mask & privilege.bit]
        ):
            raise LastAdministratorError(
                f"{before.username} is the last active user of the account with the privilege {privilege.label};"
                " give it to another user first"
            )


def privileges_in_force(user: User) -> int:
    """What a user may do just now: nothing while inactive."""
    return user.privileges if user.active else 0


def _problem(role: str, present: Sequence[str], privileges: int) -> str | None:
    if role not in ROLES or role == OPERATOR_ROLE:
        known = ", ".join(name for name in ROLES if name != OPERATOR_ROLE)
        return f"has {role[:64]!r}, which is no role; the roles are {known}"
    if role in present:
        return None
    if lacking := mask_of_roles([role]) & ~privileges:
        return f"has {role!r}, which gives privileges that you lack: {', '.join(labels_of(lacking))}"
    return None
