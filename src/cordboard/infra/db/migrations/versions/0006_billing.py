"""billing"""

from cordboard.infra.db.migrations import sql_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0006_billing")
