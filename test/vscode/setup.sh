#!/bin/sh
# Puts a real VS Code where the tests look for it: code-server, which is VS Code's own server and workbench, from npm
# and outside this repository, because it is built on the machine (4 to 9 minutes) and kept between runs. The browser is
# Debian's chromium. What is there already is left alone, and a run that was broken off goes on where it stopped.
# Usage: test/vscode/setup.sh [FOLDER]   (~/.cache/ask-codebase/code-server-VERSION)
set -eu

version=4.139.1
node_version=24.21.0
folder=${1:-$HOME/.cache/ask-codebase/code-server-$version}

no() {
  echo "No VS Code for the tests: $1" >&2
  exit 1
}

[ "$(uname -s)" = Linux ] || no 'this script knows Linux with apt only; see test/vscode/README.md for a VS Code of your own.'

command -v npm >/dev/null || no 'npm is missing.'
case $(uname -m) in
  x86_64) architecture=x64 ;;
  aarch64) architecture=arm64 ;;
  *) no "there is no Node package for $(uname -m)." ;;
esac

# The libraries behind VS Code's native modules, and the browser.
wanted=
for library in krb5-gssapi:libkrb5-dev x11:libx11-dev xkbfile:libxkbfile-dev libsecret-1:libsecret-1-dev; do
  pkg-config --exists "${library%%:*}" 2>/dev/null || wanted="$wanted ${library#*:}"
done
for program in pkg-config:pkg-config make:make g++:g++ python3:python3; do
  command -v "${program%%:*}" >/dev/null || wanted="$wanted ${program#*:}"
done
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || wanted="$wanted chromium"
[ -f "$folder/complete" ] && case $wanted in *chromium*) wanted=' chromium' ;; *) wanted= ;; esac
if [ -n "$wanted" ]; then
  command -v apt-get >/dev/null || no "these packages are missing and there is no apt-get to fetch them:$wanted."
  sudo=
  if [ "$(id -u)" != 0 ]; then
    sudo='sudo -n'
    $sudo true 2>/dev/null || no "these packages are missing, and installing them needs root:$wanted."
  fi
  echo "Installing$wanted."
  # shellcheck disable=SC2086 # A list of words.
  { $sudo apt-get -qq update && DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq install -y --no-install-recommends $wanted; } >&2 ||
    no "apt-get could not install:$wanted."
fi

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ -f "$folder/complete" ]; then
  echo "VS Code is in $folder."
  exit 0
fi

# A Node of its own, with the headers that the native modules are built against: node-gyp would look for them on the
# network, and those inside the project's node_modules go with the next npm install there.
node=$folder/node_modules/node-linux-$architecture
export PATH="$node/bin:$PATH" npm_config_nodedir="$node"
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

echo "Building VS Code (code-server $version) in $folder; this takes 4 to 9 minutes, once."
cd "$folder"
log=$folder/install.log
cat >package.json <<END
{
  "private": true,
  "dependencies": { "code-server": "$version", "node-linux-$architecture": "$node_version" },
  "allowScripts": { "code-server": true, "argon2": true }
}
END
# The scripts run in a second step, so that one that fails does not undo the first.
npm install --ignore-scripts >"$log" 2>&1 || no "npm could not fetch code-server $version; see $log."
npm rebuild --foreground-scripts >>"$log" 2>&1 || no "its native modules could not be built; see $log."
node node_modules/code-server/out/node/entry.js --version >>"$log" 2>&1 || no "it was built but does not start; see $log."
touch complete
echo "VS Code is in $folder."
