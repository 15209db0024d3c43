#!/bin/sh
# Installs the Debian packages that the tests need, and says first which ones. Touches nothing that is there.
set -eu

want=""
command -v chromium >/dev/null 2>&1 || want="$want chromium"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || want="$want nginx"
command -v faketime >/dev/null 2>&1 || want="$want faketime"
command -v redis-server >/dev/null 2>&1 || want="$want redis-server"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || want="$want postgresql"
ls /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf >/dev/null 2>&1 || want="$want fonts-noto-color-emoji"
ls /usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf >/dev/null 2>&1 || want="$want fonts-noto-core"

if [ -z "$want" ]; then
    echo "The tests' packages are all here."
    exit 0
fi
echo "Installing Debian packages that the tests need:$want"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "This machine has no apt-get: install what corresponds to$want by hand." >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "Neither root nor sudo: ask an administrator for$want." >&2; exit 1; }
    as_root="sudo"
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
# shellcheck disable=SC2086
$as_root apt-get install -y -q --no-install-recommends $want
