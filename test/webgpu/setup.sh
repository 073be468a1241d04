#!/bin/sh
# Puts SwiftShader, a Vulkan device that runs on the processor, where the WebGPU tests look for it. It comes with
# Debian's package chromium-common, which is unpacked and not installed. Needs apt-get and dpkg, no root.
# Usage: test/webgpu/setup.sh [FOLDER]   (~/.cache/ask-codebase/swiftshader)
set -eu

folder=${1:-$HOME/.cache/ask-codebase/swiftshader}
package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT

mkdir -p "$folder"
(cd "$package" && apt-get -qq -o APT::Sandbox::User= download chromium-common && dpkg -x chromium-common_*.deb .)
for file in libvk_swiftshader.so libvulkan.so.1 vk_swiftshader_icd.json; do
  cp "$package/usr/lib/chromium/$file" "$folder/"
done
echo "SwiftShader is in $folder."
