#!/bin/sh
# Fetches what llama-server.test.ts needs, some 530 MB: llama.cpp's own server as the Python package xllamacpp carries it,
# and the base model as GGUF. Without it that test is left out, and says so. Usage: test/loop/llama-setup.sh
set -eu

cache="${ASK_CODEBASE_CACHE:-$HOME/.cache/ask-codebase}"
python="$cache/llama-server/bin/python"
[ -x "$python" ] || python3 -m venv "$cache/llama-server"
"$python" -m pip install --quiet xllamacpp==2026.10.11549
cd "$(dirname "$0")/../.."
"$python" -c 'import pathlib, sys; from models.build import restore; restore.download(pathlib.Path(sys.executable))'
