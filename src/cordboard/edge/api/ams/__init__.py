"""Account management: `/ams`."""
