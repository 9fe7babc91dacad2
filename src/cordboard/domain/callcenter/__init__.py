"""The contact centre: its users, its lists of leads, and what an operator configures (decision 0014)."""
