"""scripts"""

from cordboard.infra.db.migrations import sql_file

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0024_scripts")
