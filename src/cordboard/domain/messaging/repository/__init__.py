"""The SQL of messaging, a module a table."""
