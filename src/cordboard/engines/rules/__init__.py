"""Statements about named values: what filters, rule sets and conditions are made of."""
