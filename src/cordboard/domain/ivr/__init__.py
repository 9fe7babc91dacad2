"""IVRs: menus that callers choose from, their versions and statistics."""
