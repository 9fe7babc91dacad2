"""The SQL of billing."""
