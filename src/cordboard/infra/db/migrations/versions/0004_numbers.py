"""numbers"""

from cordboard.infra.db.migrations import sql_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0004_numbers")
