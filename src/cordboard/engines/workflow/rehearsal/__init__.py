"""Rehearsals: a definition run for many people on a clock of its own, with replies and answers that are drawn. Pure.

Nobody is written to. Whoever rehearses hands in the cast, how people and servers behave, and a crew that writes texts
and edits people; the same seed always gives the same report.
"""
