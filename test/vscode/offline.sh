#!/bin/sh
# Runs the suite where no network can be reached: VS Code's server, its extension hosts, the engine and Chromium live in
# a network namespace that has a loopback device and nothing else. Linux, with util-linux and iproute2; needs no root
# where the kernel allows user namespaces. Usage: test/vscode/offline.sh [OPTIONS OF VITEST]
set -eu
cd "$(dirname "$0")/../.."

alone=-n
unshare -n true 2>/dev/null || alone=-rn
unshare "$alone" true || { echo 'This kernel lets no network namespace be made, so nothing can be proved here.' >&2; exit 1; }
export ASK_CODEBASE_OFFLINE=1
exec unshare "$alone" sh -c 'ip link set lo up && exec "$@"' offline npm run test:vscode -- "$@"
