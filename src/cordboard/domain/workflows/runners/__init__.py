"""Runners, which let many contacts enter a campaign at a pace, and the schedules that make them (requests 189
to 200)."""
