"""Mail that the platform sends: queued with the transaction that wants it, carried by SMTP or kept in a folder."""

from cordboard.infra.mail.message import MAIL_JOB, Mail, queue_mail

__all__ = ["MAIL_JOB", "Mail", "queue_mail"]
