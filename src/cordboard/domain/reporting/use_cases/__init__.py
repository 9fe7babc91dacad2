"""The verbs of reporting that work in jobs, one a file."""
