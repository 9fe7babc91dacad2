"""Carrier links: SMPP binds, HTTP message APIs and the sandbox behind one port."""
