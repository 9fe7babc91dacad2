"""Live lists: contacts that agents are to act upon soon, handed out one at a time (requests 90 to 98)."""
