"""Inboxes and conversations: what happened between an account and each of its contacts, and who has looked at it."""
