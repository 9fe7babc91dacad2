"""Fakes that ship: an SMSC, a webhook receiver, a virtual clock, for our tests and for yours."""
