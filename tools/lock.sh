#!/bin/sh
# Pins requirements/*.in with hashes. Needs uv on the PATH; run after changing a .in file.
set -eu
cd "$(dirname "$0")/.."
compile="uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --no-header --no-annotate --python-version 3.11"
$compile "$@" requirements/dev.in -o requirements/dev.txt
$compile "$@" requirements/runtime.in -c requirements/dev.txt -o requirements/runtime.txt
