"""contact centre: objects, users, lists, leads"""

from cordboard.infra.db.migrations import sql_file

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0032_callcenter")
