#!/bin/sh
# Packs test/webgpu/speed.ts with all that it needs into one archive, for a machine with a card and nothing else:
# Node, onnxruntime for Linux x64, and Vulkan's loader. The card's driver is that machine's own.
# There: tar -xJf FILE && webgpu-speed/run.sh [--rounds N] [--out FILE.json]
# Usage: test/webgpu/pack.sh [FILE]   (webgpu-speed.tar.xz, some 45 MB)
set -eu

file=${1:-webgpu-speed.tar.xz}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/webgpu-speed

cd "$root"
mkdir -p "$out/node_modules/onnxruntime-node/bin/napi-v6/linux"
node_modules/.bin/node esbuild.js --quiet --program speed=test/webgpu/speed.ts --out "$work/dist"
cp "$work/dist/speed.js" "$out/"
cp -L node_modules/.bin/node "$out/node"
cp -R node_modules/onnxruntime-common "$out/node_modules/"
cp -R node_modules/onnxruntime-node/package.json node_modules/onnxruntime-node/dist "$out/node_modules/onnxruntime-node/"
cp -R node_modules/onnxruntime-node/bin/napi-v6/linux/x64 "$out/node_modules/onnxruntime-node/bin/napi-v6/linux/"
(cd "$work" && apt-get -qq -o APT::Sandbox::User= download libvulkan1 && dpkg -x libvulkan1_*.deb vulkan)
cp -L "$work"/vulkan/usr/lib/x86_64-linux-gnu/libvulkan.so.1 "$out/"
echo '{ "type": "module" }' >"$out/package.json"
cat >"$out/run.sh" <<'RUN'
#!/bin/sh
# VK_DRIVER_FILES names the driver's description where the loader does not find it by itself.
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" ORT_DISABLE_TELEMETRY=1
exec "$here/node" "$here/speed.js" "$@"
RUN
chmod +x "$out/run.sh"
tar -C "$work" -cJf "$file" webgpu-speed
echo "$file: $(du -h "$file" | cut -f1)"
