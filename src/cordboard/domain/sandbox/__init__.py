"""The sandbox carrier's handsets and faults."""
