"""Conversations of assistants with contacts, for runs that wait for their outcome.

A talk goes on by one job at a time: it is queued when a text of the contact waits for an answer and none did before,
asks the model outside of any transaction, and writes only if nothing was said meanwhile; else it asks again with all
that was said. Whoever changes a talk has locked its run first, then the talk.
"""
