#!/bin/sh
# Lints and tests the Python of this project: npm run python.
# Usage: models/check.sh [FOLDER]   (where models/setup.sh put it)
set -eu

folder=${1:-$HOME/.cache/ask-codebase/python}
cd "$(dirname "$0")"
if ! cmp -s requirements.lock "$folder/requirements.lock"; then
  echo 'Python is not checked: models/setup.sh makes its environment.'
  exit 0
fi
"$folder/bin/ruff" check --quiet .
"$folder/bin/ruff" format --quiet --check . || { echo "Format with: $folder/bin/ruff format models" >&2; exit 1; }
# A tensor of these tests is too small for threads to share.
OMP_NUM_THREADS=1 "$folder/bin/python" -m pytest
