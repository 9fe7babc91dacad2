"""Jobs (leased, may do network I/O) and timers (one row a sleeper, fired in batches)."""
