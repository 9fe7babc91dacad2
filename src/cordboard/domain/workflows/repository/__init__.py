"""The tables of campaigns and runs."""
