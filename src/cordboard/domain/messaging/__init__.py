"""Messages: from an API call to a handset and back."""
