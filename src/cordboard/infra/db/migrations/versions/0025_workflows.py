"""workflows"""

from cordboard.infra.db.migrations import sql_file

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0025_workflows")
