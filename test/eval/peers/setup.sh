#!/bin/sh
# Puts semble, CodeGraph and ripgrep where the evaluation looks for them, at the versions of the lock files beside this
# script. Needs python3 with venv and npm.   Usage: test/eval/peers/setup.sh [CACHE]   (.cache/eval)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-.cache/eval}/peers
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$folder/"
# Not `npm ci`: it wants the builds of every platform in the lock file, and not every registry has them.
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --no-deps --requirement "$here/requirements.txt"
echo "semble, CodeGraph and ripgrep are in $folder."
