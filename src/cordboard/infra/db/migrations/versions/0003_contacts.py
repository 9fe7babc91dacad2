"""contacts"""

from cordboard.infra.db.migrations import sql_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0003_contacts")
