#!/usr/bin/env bash
# Installs the parts that `npm run test:parts` runs, on Debian and its kin. What is there already is left as it is.
set -euo pipefail

source "$(dirname "$0")/support/packages.sh"

install_missing redis-server apache2-utils openssl nginx-light
