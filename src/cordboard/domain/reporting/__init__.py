"""Reporting: figures rolled up as things happen, and logs as files."""
