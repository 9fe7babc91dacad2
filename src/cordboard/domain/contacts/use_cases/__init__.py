"""Verbs of contacts that are more than a few statements, a module each."""
