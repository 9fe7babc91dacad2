"""Language models behind the chat completions of an OpenAI-compatible API."""

from cordboard.infra.chat.client import ChatClient, ChatMessage
from cordboard.infra.chat.errors import ChatDeclinedError, ChatError
from cordboard.infra.chat.settings import AiSettings

__all__ = ["AiSettings", "ChatClient", "ChatDeclinedError", "ChatError", "ChatMessage"]
