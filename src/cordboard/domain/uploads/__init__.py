"""Uploads: files of contacts and do-not-contact entries, worked off row by row."""
