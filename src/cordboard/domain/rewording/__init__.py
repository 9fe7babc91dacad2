"""Texts worded anew by a language model, with what must not change held fast."""
