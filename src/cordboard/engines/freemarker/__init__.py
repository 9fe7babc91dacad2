"""FreeMarker templates, in a sandbox: text in, text out, no I/O."""
