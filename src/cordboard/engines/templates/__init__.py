"""Variable replacement in texts, headers, URLs and webhook bodies."""
