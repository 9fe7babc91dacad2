"""Scripts: questions that an agent goes through with a contact."""
