"""A SIP peer for tests that is told what to say, over UDP, TCP, TLS and the browsers' relay; and phones in memory."""
