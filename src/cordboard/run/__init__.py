"""Composition root: settings, wiring, roles, command line."""
