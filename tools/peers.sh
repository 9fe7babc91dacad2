#!/bin/sh
# Installs the foreign peers of tests/interop: Debian's kannel where this is root on Debian, the npm package smpp where npm is.
# What cannot be installed is said, and its tests are skipped.
set -eu
cd "$(dirname "$0")/.."

if command -v bearerbox >/dev/null 2>&1 || [ -x /usr/sbin/bearerbox ]; then
    echo "peers: kannel is there"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq kannel >/dev/null && echo "peers: kannel installed" \
        || echo "peers: kannel could not be installed; its tests are skipped"
else
    echo "peers: kannel needs root and apt; its tests are skipped"
fi

if [ -d tests/interop/peers/node_modules/smpp ]; then
    echo "peers: npm smpp is there"
elif command -v npm >/dev/null 2>&1; then
    npm ci --prefix tests/interop/peers --no-audit --no-fund --silent && echo "peers: npm smpp installed" \
        || echo "peers: npm smpp could not be installed; its tests are skipped"
else
    echo "peers: npm smpp needs node and npm; its tests are skipped"
fi
