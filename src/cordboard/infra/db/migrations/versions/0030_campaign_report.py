"""campaign report"""

from cordboard.infra.db.migrations import sql_file

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Runs the revision's SQL."""
    sql_file.run("0030_campaign_report")
