"""infra"""

from cordboard.infra.db.migrations import sql_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0001_infra")
