"""Alembic's script directory; every revision runs the SQL file of its name."""
