"""Voicemail: mailboxes of numbers, with greeting and recordings."""
