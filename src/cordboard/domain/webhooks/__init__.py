"""Callbacks: configurations, deliveries, their retries and replay."""
