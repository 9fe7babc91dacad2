"""PostgreSQL: the pool, the embedded server, migrations, monthly partitions."""

from cordboard.infra.db.pool import Database, Tx

__all__ = ["Database", "Tx"]
