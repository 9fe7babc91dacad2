"""Balances with holds, charges, and the rate card."""
