"""What an operator configures: one kind of object a file, all of them kept in one table."""
