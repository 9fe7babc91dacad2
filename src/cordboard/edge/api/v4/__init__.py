"""The v4 dialect: one file a resource."""
