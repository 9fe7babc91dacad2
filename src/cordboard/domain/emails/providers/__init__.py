"""The providers, one file each: how a mail is asked for, and what their answers mean."""
