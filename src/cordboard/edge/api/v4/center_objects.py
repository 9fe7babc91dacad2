"""What a contact centre is configured with, over JSON (ours): the same five requests for each kind of object."""

from __future__ import annotations

from typing import Any, Final, Generic

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.callcenter.objects.kind import CenterObject, Kind
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.changes import changes_of, given

TAG: Final = "Contact centre"
_ID: Final = "{id}"


class CenterObjectsResource(Generic[Kind]):
    """`/v4/cc/<plural>` of one kind. Fields have the names and values of the contact centre's dialects."""

    def __init__(self, objects: ObjectService, kind: type[Kind], plural: str, example: dict[str, Any]) -> None:
        self._objects = objects
        self._kind = kind
        self._plural = plural
        self._example = example

    async def get_objects(self, call: Call) -> Reply:
        """All of them, by id; those that every account has are among them."""
        found = await self._objects.all_of(call.tx, call.principal.account_id, self._kind)
        return Reply([msgspec.to_builtins(one) for one in found])

    async def get_object(self, call: Call) -> Reply:
        """One of them."""
        return _shown(await self._objects.get(call.tx, call.principal.account_id, self._kind, call.path["id"]))

    async def add_object(self, call: Call) -> Reply:
        """A new one; what is not given takes its default."""
        return _shown(await self._objects.add(call.tx, call.principal.account_id, call.body))

    async def edit_object(self, call: Call) -> Reply:
        """Changes what is given; the id stays."""
        changes = given(call.body, self._kind.__struct_fields__)
        account_id, key = call.principal.account_id, call.path["id"]
        return _shown(await self._objects.edit(call.tx, account_id, self._kind, key, changes))

    async def delete_object(self, call: Call) -> Reply:
        """Removes one; one that every account has goes back to what it was."""
        account_id, key = call.principal.account_id, call.path["id"]
        present = await self._objects.get(call.tx, account_id, self._kind, key)
        await self._objects.delete(call.tx, account_id, self._kind, key)
        return _shown(present)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = f"/v4/cc/{self._plural}", f"/v4/cc/{self._plural}/{_ID}"
        name = self._kind.kind.replace("_", " ")
        shown = msgspec.to_builtins(msgspec.convert(self._example, self._kind))
        key = {"id": self._example[self._kind.key_field]}
        change = {n: v for n, v in self._example.items() if n != self._kind.key_field}
        read, update = Privilege.CENTER_READ, Privilege.CENTER_UPDATE
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=base,
                handler=self.get_objects,
                summary=f"Get every {name}",
                privilege=read,
                tag=TAG,
                example=Example(response=shown),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=one,
                handler=self.get_object,
                summary=f"Get a {name}",
                privilege=read,
                tag=TAG,
                example=Example(path=key, response=shown),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=base,
                handler=self.add_object,
                summary=f"Add a {name}",
                privilege=update,
                tag=TAG,
                body=self._kind,
                example=Example(body=self._example, response=shown),
            ),
            Endpoint(
                number="ours",
                method="PUT",
                path=one,
                handler=self.edit_object,
                summary=f"Edit a {name}",
                privilege=update,
                tag=TAG,
                body=changes_of(self._kind, without=self._kind.key_field),
                example=Example(path=key, body=change, response=shown),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one,
                handler=self.delete_object,
                summary=f"Delete a {name}",
                privilege=update,
                tag=TAG,
                example=Example(path=key, response=shown),
            ),
        )


def _shown(one: CenterObject) -> Reply:
    return Reply([msgspec.to_builtins(one)])
