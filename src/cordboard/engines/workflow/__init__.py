"""Campaign workflows: definitions read and checked, and runs that step through them. Pure: time, chance and the world
are handed in, effects are handed out, and a run stops only where it waits.

A step takes a run's state and one input to the next wait or to the end. The host keeps the state, the effects and the
timer of a step in one transaction; every effect carries a key that is the same whenever the step is repeated.
"""
