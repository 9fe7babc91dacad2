"""webhooks"""

from cordboard.infra.db.migrations import sql_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0008_webhooks")
