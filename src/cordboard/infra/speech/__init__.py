"""Speech and audio files: text spoken, recordings transcribed, clips fetched and converted."""
