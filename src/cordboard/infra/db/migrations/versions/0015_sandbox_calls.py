"""sandbox calls"""

from cordboard.infra.db.migrations import sql_file

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0015_sandbox_calls")
