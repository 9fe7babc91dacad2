"""What messaging does, a module a verb."""
