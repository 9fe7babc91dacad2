"""messaging"""

from cordboard.infra.db.migrations import sql_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0007_messaging")
