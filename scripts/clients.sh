#!/usr/bin/env bash
# Installs the clients that `npm run test:clients` runs, on Debian and its kin. What is there already is left as it is.
set -euo pipefail

source "$(dirname "$0")/support/packages.sh"

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

install_missing "${packages[@]}"
