"""The functions of `non_agent.php` (requests 237 to 255)."""
