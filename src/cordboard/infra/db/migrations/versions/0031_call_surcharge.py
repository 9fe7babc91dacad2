"""call surcharge"""

from cordboard.infra.db.migrations import sql_file

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0031_call_surcharge")
