"""The SQL of live lists."""
