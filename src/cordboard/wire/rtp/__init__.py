"""RTP, RTCP, telephone events, and the STUN that ICE-lite needs (RFC 3550, 4733, 8445)."""
