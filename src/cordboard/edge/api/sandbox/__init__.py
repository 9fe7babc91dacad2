"""The sandbox: handsets, clock and faults, while it is enabled."""
