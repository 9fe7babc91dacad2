"""ivr"""

from cordboard.infra.db.migrations import sql_file

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0012_ivr")
