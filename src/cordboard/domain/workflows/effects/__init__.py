"""What steps want done, one file a kind: in the step's transaction, or as a job of it."""
