"""Sources of facts about numbers."""
