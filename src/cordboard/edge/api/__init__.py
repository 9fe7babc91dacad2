"""The HTTP dialects, one package each, on a common frame."""
