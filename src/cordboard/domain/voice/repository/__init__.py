"""The SQL of voice, by table."""
