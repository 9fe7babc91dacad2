"""The media engine: every leg of every call in one 20 ms tick, in a process of its own, and the client that steers
it.
"""
