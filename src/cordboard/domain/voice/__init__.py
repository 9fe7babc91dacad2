"""Calls and what belongs to them: legs, recordings, conferences, phones, voicemail, IVRs."""
