"""voice"""

from cordboard.infra.db.migrations import sql_file

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0010_voice")
