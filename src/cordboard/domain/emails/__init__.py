"""Mails by the templates of an account's own provider: HubSpot, Mailgun or SendGrid."""
