"""reporting"""

from cordboard.infra.db.migrations import sql_file

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0023_reporting")
