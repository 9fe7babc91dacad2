"""billing"""

from cordboard.infra.db.migrations import sql_file

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0022_billing")
