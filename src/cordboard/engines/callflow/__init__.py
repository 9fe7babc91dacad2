"""InboundXML: documents in, commands out, stopping at waits."""
