"""people"""

from cordboard.infra.db.migrations import sql_file

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0016_people")
