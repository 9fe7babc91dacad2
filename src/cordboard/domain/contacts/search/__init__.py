"""Searching contacts by what their fields hold, and searches that are kept."""
