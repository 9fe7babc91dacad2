"""Signing in: `/auth`."""
