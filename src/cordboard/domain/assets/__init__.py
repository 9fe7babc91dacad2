"""Assets: audio, images and documents that an account keeps at a public address."""
