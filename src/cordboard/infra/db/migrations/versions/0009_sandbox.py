"""sandbox"""

from cordboard.infra.db.migrations import sql_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0009_sandbox")
