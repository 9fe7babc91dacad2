"""SMS templates."""
