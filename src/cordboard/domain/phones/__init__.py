"""Phones: SIP phones and where they are registered, webphone users and their status, presets for transfers."""
