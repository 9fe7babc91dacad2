"""Meme: a picture with a text on it, for a later message."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from cordboard.engines.workflow.effects import DrawMeme
from cordboard.engines.workflow.moves import Move
from cordboard.engines.workflow.nodes.answered import AnsweredNode
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn

_FURTHEST: Final = 10_000


class Meme(AnsweredNode, frozen=True, kw_only=True):
    """Draws on an asset of the type meme-image; the URL goes to the variable that is named."""

    kind: ClassVar[str] = "meme"
    file_name: str
    stored_variable_name: str
    text: dict[str, Any]

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The picture and the text."""
        messages = members.listed("messages", 1)
        if not messages:
            members.fault("messages", "is required: one message")
        return {
            "file_name": members.text("fileName", longest=255),
            "stored_variable_name": members.text("storedVariableName", longest=64),
            "text": _text(members.at(messages[0] if messages else {}, "messages[0]")) if messages else {},
        }

    def enter(self, turn: Turn) -> Move:
        """Wants it drawn."""
        text = self.text | {"message": turn.render(self.text.get("message", ""))}
        turn.emit(
            DrawMeme(
                key=turn.key,
                node=self.id,
                token=turn.token,
                file_name=self.file_name,
                stored_as=self.stored_variable_name,
                text=text,
            )
        )
        return self.expect(turn)


def _text(members: Members) -> dict[str, Any]:
    return {
        "xval": members.integer("xval", smallest=-_FURTHEST, largest=_FURTHEST),
        "yval": members.integer("yval", smallest=-_FURTHEST, largest=_FURTHEST),
        "font": members.text("font", required=False, longest=64),
        "fontSize": members.integer("fontSize", default=24, smallest=1, largest=1000),
        "fontColor": members.text("fontColor", required=False, longest=32) or "black",
        "rotate": members.integer("rotate", default=0, smallest=-360, largest=360),
        "message": members.text("message", longest=1000),
    }
