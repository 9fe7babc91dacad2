"""Recurrences: when something that repeats by days, weeks or months happens next. Pure."""
