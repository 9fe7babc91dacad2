#!/bin/sh
# Makes .venv with everything in requirements/dev.txt and the package itself, editable; then touches the stamp $1.
set -eu
cd "$(dirname "$0")/.."
stamp=$1

suits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if suits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    echo "Cordboard needs Python 3.11 or newer; install it, or name it: make setup PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python cannot make virtual environments; on Debian: apt-get install python3-venv" >&2
    exit 1
fi
echo "Setting up .venv with $("$python" --version) ..."
"$python" -m venv .venv
pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet"
$pip --require-hashes -r requirements/dev.txt
# The build needs setuptools alone, which is there by now.
$pip --no-deps --no-build-isolation -e .
touch "$stamp"
