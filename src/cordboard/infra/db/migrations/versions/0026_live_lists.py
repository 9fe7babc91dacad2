"""live lists"""

from cordboard.infra.db.migrations import sql_file

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0026_live_lists")
