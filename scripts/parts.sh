#!/usr/bin/env bash
# Installs the servers and tools for `npm run test:parts` on Debian and its derivatives. Keeps packages that are already installed.
set -euo pipefail

source "$(dirname "$0")/support/packages.sh"

install_missing redis-server apache2-utils openssl nginx-light chromium prometheus
