"""Reading and writing conversations."""
