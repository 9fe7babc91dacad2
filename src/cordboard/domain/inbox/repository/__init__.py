"""The SQL of inboxes and conversations."""
