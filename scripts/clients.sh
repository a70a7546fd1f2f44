#!/usr/bin/env bash
# Installs the clients that `npm run test:clients` runs, on Debian and its kin. What is there already is left as it is.
set -euo pipefail

packages=(
  curl
  wget
  git
  python3
  python3-requests
  perl
  libwww-perl
  default-jdk-headless
  chromium
  firefox-esr
  webkit2gtk-driver # with WebKitGTK's MiniBrowser, which needs a screen and a keyboard:
  xvfb
  xdotool
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update --quiet=2
"${sudo[@]}" apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" >/dev/null
printf '✓ installed %s\n' "${missing[*]}"
