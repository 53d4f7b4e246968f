#!/bin/sh
# Install Chromium, which tests/extension and the tests of the pages drive, where no browser of its kind is there. Users of
# Everlore never need this.
set -eu
for browser in chromium chromium-browser google-chrome; do
  if command -v "$browser" >/dev/null 2>&1; then exit 0; fi
done
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get install -qq -y --no-install-recommends chromium >/dev/null 2>&1 || {
    $as_root apt-get update -qq
    $as_root apt-get install -qq -y --no-install-recommends chromium >/dev/null
  }
elif command -v brew >/dev/null 2>&1; then
  brew install --quiet --cask chromium
else
  echo "install chromium: the tests of the web pages and of the browser extension run in it" >&2
  exit 1
fi
