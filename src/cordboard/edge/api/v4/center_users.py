"""Users of the contact centre over JSON (ours)."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.callcenter.objects.fields import LongId
from cordboard.domain.callcenter.users.models import CenterUser, UserSettings
from cordboard.domain.callcenter.users.service import CenterUsers
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.center_objects import TAG
from cordboard.edge.api.v4.changes import changes_of, given
from cordboard.kit.clock import epoch_ms

_BODY: Final = {
    "user": "101",
    "pass": "correct-horse-7",
    "full_name": "API of the web shop",
    "user_level": 9,
    "user_group": "ADMIN",
}
_SHOWN: Final = {name: value for name, value in _BODY.items() if name != "pass"}
_PATH: Final = "/v4/cc/users"
_SETTINGS: Final = UserSettings.__struct_fields__

Password = Annotated[str, Meta(min_length=8, max_length=100)]


class NewUserBody(UserSettings, frozen=True, kw_only=True):
    """A name, a password and settings; what is not given takes its default."""

    user: LongId
    password: Password = msgspec.field(name="pass")


UserBody = changes_of(UserSettings, ("password", Password | None, msgspec.field(default=None, name="pass")))


class CenterUsersResource:
    """`/v4/cc/users`."""

    def __init__(self, users: CenterUsers) -> None:
        self._users = users

    async def get_users(self, call: Call) -> Reply:
        """All of them, by name."""
        return Reply([render_user(one) for one in await self._users.all_of(call.tx, call.principal.account_id)])

    async def get_user(self, call: Call) -> Reply:
        """One of them."""
        return Reply([render_user(await self._users.get(call.tx, call.principal.account_id, call.path["user"]))])

    async def add_user(self, call: Call) -> Reply:
        """A new user; one of level 9 may do everything. Nobody has a default password."""
        settings = UserSettings(**given(call.body, _SETTINGS))
        account_id = call.principal.account_id
        return Reply(
            [render_user(await self._users.add(call.tx, account_id, call.body.user, call.body.password, settings))]
        )

    async def edit_user(self, call: Call) -> Reply:
        """Changes what is given."""
        changed = await self._users.edit(
            call.tx, call.principal.account_id, call.path["user"], given(call.body, _SETTINGS), call.body.password
        )
        return Reply([render_user(changed)])

    async def delete_user(self, call: Call) -> Reply:
        """Removes one."""
        present = await self._users.get(call.tx, call.principal.account_id, call.path["user"])
        await self._users.delete(call.tx, call.principal.account_id, present.user)
        return Reply([render_user(present)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        one, key = f"{_PATH}/{{user}}", {"user": "101"}
        read, update = Privilege.CENTER_READ, Privilege.CENTER_UPDATE
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=_PATH,
                handler=self.get_users,
                summary="Get users of the contact centre",
                privilege=read,
                tag=TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=one,
                handler=self.get_user,
                summary="Get a user of the contact centre",
                privilege=read,
                tag=TAG,
                example=Example(path=key, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=_PATH,
                handler=self.add_user,
                summary="Add a user to the contact centre",
                privilege=update,
                tag=TAG,
                body=NewUserBody,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="PUT",
                path=one,
                handler=self.edit_user,
                summary="Edit a user of the contact centre",
                privilege=update,
                tag=TAG,
                body=UserBody,
                example=Example(path=key, body={"full_name": "API of the shop"}, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one,
                handler=self.delete_user,
                summary="Delete a user of the contact centre",
                privilege=update,
                tag=TAG,
                example=Example(path=key, response=_SHOWN),
            ),
        )


def render_user(one: CenterUser) -> dict[str, Any]:
    """A user without its password."""
    return {
        "user": one.user,
        **msgspec.to_builtins(one.settings),
        "failed_login_count": one.failed_logins,
        "last_login_date": epoch_ms(one.last_login_at) if one.last_login_at else None,
        "last_ip": one.last_ip,
        "modify_stamp": epoch_ms(one.modified_at),
    }
