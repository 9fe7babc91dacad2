"""Dispositions: how a call or a conversation was concluded."""
