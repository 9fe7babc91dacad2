"""What a call flow asks of its host, one kind of command a file."""
