#!/bin/sh
# Installs programs from Debian's archive that the tests can use: those named, else all of them. Needs root. What cannot
# be installed is named and left out; the tests that want it are then skipped.
set -u
peers=${*:-postgresql}
export DEBIAN_FRONTEND=noninteractive
export RUNLEVEL=1 # their services stay off: the tests start their own
apt-get update -qq || echo "apt-get update failed; the lists may be old" >&2
for peer in $peers; do
    apt-get install -y -qq --no-install-recommends "$peer" >/dev/null || echo "Left out: $peer cannot be installed" >&2
done
