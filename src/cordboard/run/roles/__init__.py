"""The roles, a module each: a process imports its own only, for some need libraries that take much memory."""
