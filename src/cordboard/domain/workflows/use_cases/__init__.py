"""The verbs of campaigns and runs, one file each."""
