#!/bin/sh
# Makes the Python environment of models/: what lints, tests and rebuilds; with --torch also PyTorch, which training and
# its tests need (5 GB on Linux with its CUDA libraries). What is there already is left alone.
# Usage: models/setup.sh [--torch] [FOLDER]   (~/.cache/ask-codebase/python)
set -eu

torch=
if [ "${1:-}" = --torch ]; then torch=torch==2.15.0 && shift; fi
folder=${1:-$HOME/.cache/ask-codebase/python}
here=$(dirname "$0")
lock=$here/requirements.lock

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo 'The Python of models/ needs python3, 3.11 or newer.' >&2
  exit 1
}
mkdir -p "$folder"
if ! cmp -s "$lock" "$folder/requirements.lock"; then
  [ -x "$folder/bin/pip" ] || python3 -m venv "$folder" || exit 1
  "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
  cp "$lock" "$folder/requirements.lock"
fi
if [ -n "$torch" ] && ! "$folder/bin/python" -c 'import torch' 2>/dev/null; then
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$torch"
fi
echo "The Python of models/ is in $folder."
