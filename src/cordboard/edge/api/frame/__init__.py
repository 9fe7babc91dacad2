"""What every HTTP request passes through: routing table, authentication, rate limit, decoding, idempotency, envelope,
errors.
"""
