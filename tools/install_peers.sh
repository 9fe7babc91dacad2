#!/bin/sh
# Installs what the tests can use and is not there yet: Debian packages where this is root on Debian (those named, else all
# of them) and, with no names given, the npm peers. What cannot be had is said; the tests that want it are skipped.
set -u
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive
export RUNLEVEL=1 # their services stay off: the tests start their own
wanted=
# The real FreeMarker is of use only where Java is.
freemarker=$(command -v java >/dev/null && echo libfreemarker-java || true)
for peer in ${*:-postgresql kannel chromium sip-tester baresip-core linphone-cli $freemarker}; do
    dpkg -s "$peer" >/dev/null 2>&1 || wanted="$wanted $peer"
done
if [ -n "$wanted" ] && { [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; }; then
    echo "Left out:$wanted (needs root and apt); the tests with it are skipped" >&2
elif [ -n "$wanted" ]; then
    apt-get update -qq || echo "apt-get update failed; the lists may be old" >&2
    for peer in $wanted; do
        apt-get install -y -qq --no-install-recommends "$peer" >/dev/null ||
            echo "Left out: $peer cannot be installed; the tests with it are skipped" >&2
    done
fi
[ $# = 0 ] || exit 0
peers=tests/interop/peers/node_modules
[ ! -d $peers/smpp ] || [ ! -d $peers/playwright-core ] || [ ! -d $peers/newman ] || exit 0
if command -v npm >/dev/null; then
    npm ci --prefix tests/interop/peers --no-audit --no-fund --silent ||
        echo "Left out: npm smpp, playwright-core and newman cannot be installed; the tests with it are skipped" >&2
else
    echo "Left out: npm smpp, playwright-core and newman (need node and npm); the tests with it are skipped" >&2
fi
