# Debian packages that `make test` and PROFILE=services need beyond a prepared machine: installed where they are missing.

# missing_debian_packages [package ...]: of these, or of the list in debian-packages.
missing_debian_packages() {
  local list=${DEBIAN_PACKAGES_FILE:-$LOCAL/debian-packages} package
  if [ $# -gt 0 ]; then printf '%s\n' "$@"; else sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' -- "$list"; fi | while read -r package; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done
}

# install_debian_packages [package ...]
install_debian_packages() {
  local packages as=()
  mapfile -t packages < <(missing_debian_packages "$@")
  [ "${#packages[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      warn "Debian packages are missing, and neither root nor sudo is at hand. Run this once, then the same make again:"
      warn "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${packages[*]}"
      exit 2
    fi
    as=(sudo -n)
  fi
  say "installing from Debian: ${packages[*]}"
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive bash -s -- "${packages[@]}" <<'INSTALL' || die "apt-get failed"
set -euo pipefail
# Without this a server starts by itself as soon as it is installed. A policy that is there already is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
apt-get update -qq </dev/null
apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' "$@"
INSTALL
}
