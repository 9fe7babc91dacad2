"""SDP: sessions parsed and written (RFC 8866), offers answered (RFC 3264)."""
