"""uploads"""

from cordboard.infra.db.migrations import sql_file

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0019_uploads")
