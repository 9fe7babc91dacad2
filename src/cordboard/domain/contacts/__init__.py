"""Contacts: people with free-form data, found by unique keys."""
