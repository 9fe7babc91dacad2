"""Runs a revision's SQL file as one script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

_SQL = Path(__file__).parent / "sql"


def run(name: str) -> None:
    """Runs `sql/<name>.sql` in the migration's transaction. asyncpg takes a script of many statements as it is."""
    script = (_SQL / f"{name}.sql").read_text()
    adapter: Any = op.get_bind().connection.dbapi_connection
    adapter.run_async(lambda connection: connection.execute(script))
