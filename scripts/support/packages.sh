# Installs the given Debian packages, except those that are already installed.
install_missing() {
  local package missing=() sudo=()
  for package in "$@"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return

  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  export DEBIAN_FRONTEND=noninteractive
  "${sudo[@]}" apt-get update --quiet=2
  "${sudo[@]}" apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" >/dev/null
  printf '✓ installed %s\n' "${missing[*]}"
}
