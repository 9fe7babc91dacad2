"""assets"""

from cordboard.infra.db.migrations import sql_file

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0021_assets")
