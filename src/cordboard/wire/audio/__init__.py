"""Telephone audio as arrays: companding, tones, DTMF, answering machines, resampling."""
