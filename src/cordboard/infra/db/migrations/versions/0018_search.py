"""search"""

from cordboard.infra.db.migrations import sql_file

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0018_search")
