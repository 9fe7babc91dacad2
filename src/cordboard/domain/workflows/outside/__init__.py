"""What steps ask of the world outside, one file a kind: jobs that are safe to repeat, whose answers are inputs of the
run.
"""
