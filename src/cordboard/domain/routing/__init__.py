"""Which carrier takes a message, and which comes second."""
