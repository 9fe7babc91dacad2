"""Webhooks: what customers are told over HTTP when something happens (requests 168 to 177)."""
