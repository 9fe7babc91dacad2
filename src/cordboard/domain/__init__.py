"""Bounded contexts, a ladder from low to high."""
