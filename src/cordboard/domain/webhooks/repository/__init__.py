"""The SQL of webhooks: configurations, what waits, and the log of what was delivered."""
