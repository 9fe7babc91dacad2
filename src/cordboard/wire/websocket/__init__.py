"""The server's side of WebSockets (RFC 6455), without extensions: handshake, frames, messages."""
