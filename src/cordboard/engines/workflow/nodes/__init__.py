"""The types of nodes, one a file."""
