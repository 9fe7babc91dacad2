"""inbox"""

from cordboard.infra.db.migrations import sql_file

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0020_inbox")
