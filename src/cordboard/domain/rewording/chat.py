"""A language model as a writer."""

from __future__ import annotations

from cordboard.domain.rewording.errors import RewordingFailedError
from cordboard.infra.chat import ChatClient, ChatDeclinedError, ChatError, ChatMessage


class ChatWriter:
    """`ports.Writer` by chat completions."""

    def __init__(self, chat: ChatClient) -> None:
        self._chat = chat

    async def write(self, instructions: str, text: str) -> str:
        """What the model says. Raises RewordingFailedError."""
        try:
            return await self._chat.complete([ChatMessage("system", instructions), ChatMessage("user", text)])
        except ChatDeclinedError as error:
            raise RewordingFailedError("the provider declines to reword this text") from error
        except ChatError as error:
            raise RewordingFailedError(str(error)) from error
