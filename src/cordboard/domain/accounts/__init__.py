"""Accounts (tenants), their people, tokens, keys and privileges."""
