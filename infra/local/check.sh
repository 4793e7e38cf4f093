#!/usr/bin/env bash
# check.sh: everything that can be said about the sources without running them.
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=infra/local/settings.sh
. "$here/settings.sh"
# shellcheck source=infra/local/build.sh
. "$here/build.sh"

cd -- "$ROOT"
failed=()
check() {
  local name=$1
  shift
  say "--- $name"
  "$@" || failed+=("$name")
}

# Files of the project, whether added to git yet or not.
sources() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done; }

formatting() { dotnet tool restore >/dev/null && dotnet csharpier check .; }

locked_restore() { with_build_lock dotnet_restore Platform.sln --locked-mode; }

# Warnings are errors (Directory.Build.props). Everything is compiled anew: an incremental build does not repeat a warning.
analyzers() { with_build_lock dotnet_build Platform.sln --no-incremental; }

shell_syntax() {
  local file status=0
  for file in $(sources '*.sh' .ci/run); do bash -n "$file" || status=1; done
  return "$status"
}

node_syntax() {
  local file status=0
  for file in $(sources '*.js' '*.mjs' '*.cjs'); do node --check "$file" || status=1; done
  return "$status"
}

npm_lock_files() {
  local file status=0
  for file in $(sources '*package-lock.json'); do
    # A lock file names versions and checksums, never one machine's registry.
    if grep -n '"resolved": "http' "$file" | grep -v '"https://registry.npmjs.org/'; then status=1; fi
  done
  return "$status"
}

check_prerequisites
check "shell syntax" shell_syntax
check "node syntax" node_syntax
check "npm lock files" npm_lock_files
check "formatting" formatting
check "locked restore" locked_restore
check "compiler and analyzers, warnings as errors" analyzers

if [ "${#failed[@]}" -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}"
  exit 1
fi
say "check passed"
