"""Assistants: who they are, and what one says next in a conversation by text."""
