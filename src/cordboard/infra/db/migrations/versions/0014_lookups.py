"""lookups"""

from cordboard.infra.db.migrations import sql_file

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0014_lookups")
