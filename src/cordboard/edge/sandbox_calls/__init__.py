"""The sandbox's handsets on the telephone: a user agent of their own, over real SIP and RTP on loopback."""
