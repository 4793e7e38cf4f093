# Sourced first by every script here: where things are, and what the environment says (docs/interfaces.md, "Commands").
# Everything a process of ours reads is exported, with its default filled in.

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
LOCAL=$ROOT/infra/local
ARTIFACTS=$ROOT/artifacts

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  warn "error: $*"
  exit 1
}

random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Relative paths are meant from the checkout, wherever the caller stands.
absolute() {
  case $1 in
    /*) realpath -m -- "$1" ;;
    *) realpath -m -- "$ROOT/$1" ;;
  esac
}

export SMPP_PORT=${SMPP_PORT:-2775}
export SMPP_TLS_PORT=${SMPP_TLS_PORT:-3550}
export ADMIN_PORT=${ADMIN_PORT:-8080}
export METRICS_PORT=${METRICS_PORT:-9464}
export SMSC_PORT=${SMSC_PORT:-2776}
export SMSC=${SMSC:-simulator}
PROFILE=${PROFILE:-standalone}
# Six processes are for trying what production has.
case $PROFILE in
  services) export PLATFORM_QUEUE=${PLATFORM_QUEUE:-sqs} ;;
  *) export PLATFORM_QUEUE=${PLATFORM_QUEUE:-postgres} ;;
esac
export PLATFORM_QUEUE_PREFIX=${PLATFORM_QUEUE_PREFIX:-}
export PLATFORM_SQS_ENDPOINT=${PLATFORM_SQS_ENDPOINT:-}
export PLATFORM_REDIS=${PLATFORM_REDIS:-}
export PLATFORM_AMQP=${PLATFORM_AMQP:-}
# A stand-in on this machine wants credentials, whichever; for AWS, its SDKs find the real ones.
sqs_credentials() {
  case $PLATFORM_QUEUE=$PLATFORM_SQS_ENDPOINT in sqs=http://127.0.0.1:* | sqs=http://localhost:*)
    export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-local} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-local} AWS_REGION=${AWS_REGION:-us-east-1}
    ;;
  esac
}
sqs_credentials

# shellcheck source=infra/local/services.sh
. "$LOCAL/services.sh"

RUN_DIR=$(absolute "${RUN_DIR:-.run}")
export RUN_DIR
export PLATFORM_ADMIN_KEY_FILE=$RUN_DIR/admin-key
case ${PLATFORM_ARCHIVE:=$RUN_DIR/archive} in
  s3://*) ;;
  *) PLATFORM_ARCHIVE=$(absolute "$PLATFORM_ARCHIVE") ;;
esac
export PLATFORM_ARCHIVE
if [ -n "${SMPP_TLS_CERTIFICATE:-}" ]; then
  SMPP_TLS_CERTIFICATE=$(absolute "$SMPP_TLS_CERTIFICATE")
  export SMPP_TLS_CERTIFICATE
fi
if [ -n "${SMPP_TLS_KEY:-}" ]; then
  SMPP_TLS_KEY=$(absolute "$SMPP_TLS_KEY")
  export SMPP_TLS_KEY
fi

# No build server outlives a command: nothing of ours is left running, and none inherits a lock or a pipe.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

check_settings() {
  local name value pair seen=" "
  case $PROFILE in standalone | services) ;; *) die "PROFILE=$PROFILE is unknown: standalone or services" ;; esac
  case $PLATFORM_QUEUE in
    postgres | sqs | amqp) ;;
    *) die "PLATFORM_QUEUE=$PLATFORM_QUEUE is unknown: postgres, sqs or amqp" ;;
  esac
  # Its text is not told: there is a password in it.
  case $PLATFORM_AMQP in '' | amqp://* | amqps://*) ;; *) die "PLATFORM_AMQP does not begin with amqp:// or amqps://" ;; esac
  case $SMSC in simulator | external) ;; *) die "SMSC=$SMSC is unknown: simulator or external" ;; esac
  for name in SMPP_PORT SMPP_TLS_PORT ADMIN_PORT METRICS_PORT SMSC_PORT; do
    value=${!name}
    case $value in '' | *[!0-9]* | ??????*) die "$name=$value is not a port number" ;; esac
  done
  for pair in $(all_listeners); do
    name=${pair%=*} value=${pair##*=}
    [ "$value" -ge 1 ] && [ "$value" -le 65535 ] || die "$name=$value is not a port number"
    case $seen in *" $value "*) die "$name=$value: that port is given to another of our listeners too" ;; esac
    seen+="$value "
  done
  # reset removes this folder: it must never be the checkout or something above it.
  case $ROOT/ in "$RUN_DIR"/*) die "RUN_DIR=$RUN_DIR contains the checkout; give it a folder of its own" ;; esac
  [ "$RUN_DIR" != / ] || die "RUN_DIR must not be /"
}

# --- the run folder --------------------------------------------------------------------------------------------------

# What the folder holds when all of it is ours; a marker tells a folder that we made from one that was there before.
RUN_DIR_MARKER=.platform-run-dir
RUN_DIR_OURS=(admin-key ports settings archive postgres postgres-password redis rabbitmq rabbitmq-password tls .lock "$RUN_DIR_MARKER")

make_run_dir() {
  if [ ! -d "$RUN_DIR" ] || [ -z "$(ls -A -- "$RUN_DIR")" ]; then
    mkdir -p -- "$RUN_DIR"
    : >"$RUN_DIR/$RUN_DIR_MARKER"
  fi
  [ -w "$RUN_DIR" ] || die "RUN_DIR=$RUN_DIR is not writable"
}

# One start or stop at a time on a run folder. The descriptor is closed for everything that is started below.
lock_run_dir() {
  exec 9>"$RUN_DIR/.lock"
  flock -w 180 9 || die "another command has been busy on $RUN_DIR for three minutes"
}
unlock_run_dir() { exec 9>&-; }

remove_run_dir() {
  [ -d "$RUN_DIR" ] || return 0
  if [ -e "$RUN_DIR/$RUN_DIR_MARKER" ]; then
    rm -rf -- "$RUN_DIR"
    return
  fi
  local name
  for name in "${RUN_DIR_OURS[@]}"; do rm -rf -- "${RUN_DIR:?}/$name"; done
  for name in postgres simulator sqs redis rabbitmq epmd "${ALL_SERVICES[@]}"; do rm -f -- "$RUN_DIR/$name".{log,pid,start}; done
  rmdir -- "$RUN_DIR" 2>/dev/null || warn "$RUN_DIR was there before us: only our files were removed from it"
}

# --- ports -----------------------------------------------------------------------------------------------------------

ports_value() {
  [ -f "$RUN_DIR/ports" ] || return 0
  sed -n "s/^$1=//p" "$RUN_DIR/ports" | tail -n 1
}

set_ports_value() {
  { [ -f "$RUN_DIR/ports" ] && grep -v "^$1=" "$RUN_DIR/ports" || true; printf '%s=%s\n' "$1" "$2"; } >"$RUN_DIR/ports.new"
  mv -- "$RUN_DIR/ports.new" "$RUN_DIR/ports"
}

# Names the listeners (NAME=port) that something else holds; returns 1 if there is one.
busy_ports() { node "$LOCAL/ports.mjs" busy "$@"; }

# A port of a local server: chosen once, chosen again only where somebody took it while our server was down.
private_port() {
  local name=$1 port
  port=$(ports_value "$name")
  if [ -z "$port" ] || ! busy_ports "$name=$port" >/dev/null; then
    # Not one that the platform, or another of its servers, is about to listen on.
    # shellcheck disable=SC2046
    port=$(node "$LOCAL/ports.mjs" free $({ all_listeners; cat -- "$RUN_DIR/ports" 2>/dev/null || true; } | sed 's/.*=//'))
    set_ports_value "$name" "$port"
  fi
  printf '%s\n' "$port"
}
