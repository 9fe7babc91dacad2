"""What speaks to the world: HTTP dialects and carrier links."""
