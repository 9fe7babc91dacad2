"""accounts"""

from cordboard.infra.db.migrations import sql_file

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0017_accounts")
