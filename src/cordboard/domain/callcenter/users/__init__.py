"""Users of the contact centre: agents, and programs that call its APIs, with their levels and flags."""
