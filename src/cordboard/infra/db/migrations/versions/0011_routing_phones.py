"""routing, phones"""

from cordboard.infra.db.migrations import sql_file

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0011_routing_phones")
