"""emails"""

from cordboard.infra.db.migrations import sql_file

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0029_emails")
