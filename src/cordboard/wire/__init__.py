"""Sans-I/O protocols: bytes and time in, events and bytes out."""
