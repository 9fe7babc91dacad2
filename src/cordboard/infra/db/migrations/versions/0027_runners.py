"""runners"""

from cordboard.infra.db.migrations import sql_file

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0027_runners")
