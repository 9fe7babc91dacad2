"""Who must not be contacted, when, and why the gate decided what it did."""
