"""The text dialect of contact centres: `agent.php` and `non_agent.php`, one table of functions each."""
