"""The tenant's log of steps: what happened inside to a message, a call or a run (request 106)."""
