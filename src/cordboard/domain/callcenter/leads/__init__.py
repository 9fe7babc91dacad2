"""Lists of leads: who is called."""
