"""Carrier lookups: whose network a number is on."""
