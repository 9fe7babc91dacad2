"""The verbs of voice that are more than a statement or two, one a file."""
