#!/bin/sh
# Install the shells that tests/surfaces/shells runs in, where they are missing. Users of Everlore never need any of this.
set -eu
missing=
for shell in bash zsh fish; do
  command -v "$shell" >/dev/null 2>&1 || missing="$missing $shell"
done
[ -n "$missing" ] || exit 0
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 - each a word of its own
  $as_root apt-get install -qq -y --no-install-recommends $missing >/dev/null 2>&1 || {
    $as_root apt-get update -qq
    $as_root apt-get install -qq -y --no-install-recommends $missing >/dev/null
  }
elif command -v brew >/dev/null 2>&1; then
  # shellcheck disable=SC2086
  brew install --quiet $missing
else
  echo "install$missing: the tests of completions and wrapped commands run in them" >&2
  exit 1
fi
