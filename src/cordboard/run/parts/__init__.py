"""The platform in parts: what belongs together is wired together, each part on those below it."""
