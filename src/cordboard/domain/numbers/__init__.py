"""Numbers: what carriers offer, what accounts own, sets of them, and the pace of each sender."""
