"""The SQL of reporting, by what it is for."""
