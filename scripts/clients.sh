#!/usr/bin/env bash
# Installs the clients for `npm run test:clients` on Debian and its derivatives. Keeps packages that are already installed.
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
