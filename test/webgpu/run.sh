#!/bin/sh
# Runs the WebGPU tests: on SwiftShader where test/webgpu/setup.sh has put it, else on whatever device there is.
# The two variables must be set before the process starts; the loader of shared libraries reads them only once.
# Usage: npm run webgpu [-- OPTIONS OF VITEST]; SWIFTSHADER names another folder than setup.sh's own.
set -eu

folder=${SWIFTSHADER:-$HOME/.cache/ask-codebase/swiftshader}
if [ -f "$folder/vk_swiftshader_icd.json" ]; then
  export VK_ICD_FILENAMES="$folder/vk_swiftshader_icd.json"
  export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
exec vitest run --project webgpu "$@"
