"""voicemail"""

from cordboard.infra.db.migrations import sql_file

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0013_voicemail")
