"""compliance"""

from cordboard.infra.db.migrations import sql_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0005_compliance")
