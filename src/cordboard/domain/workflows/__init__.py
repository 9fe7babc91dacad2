"""Campaigns: workflows that take contacts step by step, each at its time (requests 178 to 200).

A run is a row with the version of the workflow that it began with. One loop claims the runs that have something to do,
steps each through the pure engine, carries its effects out and writes all of it in one transaction: after a crash a
step has happened with all that it did, or not at all. What talks to the outside is a job of that transaction, and its
answer an input of the run.
"""
