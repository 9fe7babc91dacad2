"""Which carrier takes a message, and where what comes in for a number goes."""
