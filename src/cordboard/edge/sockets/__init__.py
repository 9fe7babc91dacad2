"""WebSockets of the API process."""
