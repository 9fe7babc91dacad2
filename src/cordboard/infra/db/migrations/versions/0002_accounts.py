"""accounts"""

from cordboard.infra.db.migrations import sql_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0002_accounts")
