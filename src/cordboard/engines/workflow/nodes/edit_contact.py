"""Edit contact: fields of the contact set and cleared for good."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import msgspec

from cordboard.engines.workflow.effects import EditContact
from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn

MODES: Final = ("clear", "assignFixed", "assignVariable")
_MOST: Final = 100


class Assignment(msgspec.Struct, frozen=True):
    """One change: a field cleared, set to a text, or set to what a variable holds."""

    mode: str
    variable: str
    value: str = ""


class ContactEdit(Node, frozen=True, kw_only=True):
    """Changes the contact, in the order of the assignments."""

    kind: ClassVar[str] = "editContact"
    assignments: tuple[Assignment, ...]

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The changes."""
        given = members.listed("assignments", _MOST)
        if not given:
            members.fault("assignments", "is required: what to change")
        return {
            "assignments": tuple(
                _assignment(members.at(one, f"assignments[{place}]")) for place, one in enumerate(given)
            )
        }

    def enter(self, turn: Turn) -> Move:
        """Wants the changes made, and sees them from here on."""
        changes: dict[str, str | None] = {}
        for one in self.assignments:
            if one.mode == "clear":
                changes[one.variable] = None
            else:
                changes[one.variable] = turn.render(one.value) if one.mode == "assignFixed" else turn.value(one.value)
        turn.emit(EditContact(key=turn.key, node=self.id, changes=changes))
        turn.see_contact(changes)
        return Go(self.first)


def _assignment(members: Members) -> Assignment:
    mode = members.one_of(MODES, "mode")
    variable = members.text("variable", longest=64).strip().lower()
    return Assignment(mode, variable, members.text("value", required=mode == "assignVariable"))
