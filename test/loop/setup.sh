#!/bin/sh
# Installs strace where it is missing: with it the loop's tests see every program that is started and every socket that
# is made. Linux with apt; elsewhere those tests are left out, and say so. Usage: test/loop/setup.sh
set -eu

command -v strace >/dev/null && exit 0
command -v apt-get >/dev/null || { echo 'strace is missing, and there is no apt-get to fetch it.' >&2; exit 1; }
sudo=
if [ "$(id -u)" != 0 ]; then
  sudo='sudo -n'
  $sudo true 2>/dev/null || { echo 'strace is missing, and installing it needs root.' >&2; exit 1; }
fi
{ $sudo apt-get -qq update && DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq install -y --no-install-recommends strace; } >&2
