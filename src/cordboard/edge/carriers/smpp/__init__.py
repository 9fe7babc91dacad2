"""SMPP carriers: binds over TCP or TLS, each a link with one owner."""
