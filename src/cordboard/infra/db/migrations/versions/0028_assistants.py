"""assistants"""

from cordboard.infra.db.migrations import sql_file

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0028_assistants")
