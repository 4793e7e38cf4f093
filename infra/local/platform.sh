#!/usr/bin/env bash
# platform.sh up | down | reset | run | smsc | sqs | load | build: the platform on one machine (docs/interfaces.md, "Commands").
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=infra/local/settings.sh
. "$here/settings.sh"
# shellcheck source=infra/local/processes.sh
. "$here/processes.sh"
# shellcheck source=infra/local/postgres.sh
. "$here/postgres.sh"
# shellcheck source=infra/local/rabbitmq.sh
. "$here/rabbitmq.sh"
# shellcheck source=infra/local/build.sh
. "$here/build.sh"

READY_SECONDS=120
# The two programs of ours. The scripts' own tests put stand-ins here, which need no build.
read -r -a standalone_command <<<"${STANDALONE_COMMAND:-dotnet $RUN_PRODUCTS/Standalone/release/Standalone.dll}"
read -r -a simulator_command <<<"${SIMULATOR_COMMAND:-dotnet $RUN_PRODUCTS/Testing/release/Testing.dll smsc}"
STANDALONE_LISTENERS=(SMPP_PORT SMPP_TLS_PORT ADMIN_PORT METRICS_PORT)

# --- start -----------------------------------------------------------------------------------------------------------

current_settings() {
  local name
  for name in "${STANDALONE_LISTENERS[@]}" SMSC_PORT SMSC PLATFORM_QUEUE PLATFORM_QUEUE_PREFIX PLATFORM_SQS_ENDPOINT; do printf '%s=%s\n' "$name" "${!name}"; done
  # A digest: there is a password in it.
  printf 'PLATFORM_AMQP=%s\n' "$(printf '%s' "$EXTERNAL_AMQP" | sha256sum | cut -c1-12)"
}

# Before anything is started: the ports of what is not running are free, and what runs was started with the same settings.
check_ports() {
  local wanted=() name found
  if runs standalone; then
    if [ -f "$RUN_DIR/standalone.settings" ] && ! found=$(diff <(current_settings) "$RUN_DIR/standalone.settings" | sed -n 's/^> //p' | paste -sd' '); then
      die "it runs already, with $found: make down first"
    fi
  else
    for name in "${STANDALONE_LISTENERS[@]}"; do wanted+=("$name=${!name}"); done
  fi
  if [ "$SMSC" = simulator ] && ! runs simulator; then wanted+=("SMSC_PORT=$SMSC_PORT"); fi
  [ "${#wanted[@]}" -gt 0 ] || return 0
  found=$(busy_ports "${wanted[@]}") || die "nothing was started:
$found
Give another port in that variable, or stop what holds it."
}

make_admin_key() {
  [ -s "$PLATFORM_ADMIN_KEY_FILE" ] && return 0
  (umask 077 && random_hex 32 >"$PLATFORM_ADMIN_KEY_FILE.new")
  mv -- "$PLATFORM_ADMIN_KEY_FILE.new" "$PLATFORM_ADMIN_KEY_FILE"
}

STARTED=()

start_database() {
  if [ -n "${PLATFORM_DATABASE:-}" ]; then
    export PLATFORM_DATABASE
    return 0
  fi
  local port_before
  port_before=$(ports_value POSTGRES_PORT)
  runs postgres || STARTED+=(postgres)
  start_postgres || return 1
  export PLATFORM_DATABASE="$DATABASE_SERVER;Database=platform"
  if runs standalone && [ "$port_before" != "$(ports_value POSTGRES_PORT)" ]; then
    warn "PostgreSQL's port was taken by another program: it has a new one, and the platform is started again to follow it"
    stop standalone TERM 30
  fi
}

# The private broker, where none is given.
start_broker() {
  if [ "$PLATFORM_QUEUE" != amqp ] || [ -n "$EXTERNAL_AMQP" ]; then return 0; fi
  local port_before
  port_before=$(ports_value RABBITMQ_PORT)
  runs rabbitmq || STARTED+=(rabbitmq)
  start_rabbitmq || return 1
  export PLATFORM_AMQP=$AMQP_URL
  if runs standalone && [ "$port_before" != "$(ports_value RABBITMQ_PORT)" ]; then
    warn "RabbitMQ's port was taken by another program: it has a new one, and the platform is started again to follow it"
    stop standalone TERM 30
  fi
}

start_simulator() {
  [ "$SMSC" = simulator ] || return 0
  runs simulator && return 0
  local port
  port=$(private_port SMSC_HTTP_PORT)
  STARTED+=(simulator)
  SMSC_HTTP_PORT=$port launch simulator "$ROOT" "${simulator_command[@]}"
}

start_standalone() {
  if runs standalone; then
    if [ -z "${STANDALONE_COMMAND:-}" ] &&
      [ -n "$(find "$RUN_PRODUCTS/Standalone/release" -name '*.dll' -newer "$RUN_DIR/standalone.pid" -print -quit)" ]; then
      say "the binaries have changed since the platform was started; what runs is kept (make down and make up to renew it)"
    fi
    return 0
  fi
  local folder=$ROOT
  [ -n "${STANDALONE_COMMAND:-}" ] || folder=$RUN_PRODUCTS/Standalone/release
  current_settings >"$RUN_DIR/standalone.settings"
  STARTED+=(standalone)
  PLATFORM_DEMO=1 launch standalone "$folder" "${standalone_command[@]}"
}

await_ready() {
  local deadline=$1 name needed=(standalone)
  [ -n "$EXTERNAL_DATABASE" ] || needed+=(postgres)
  if [ "$PLATFORM_QUEUE" = amqp ] && [ -z "$EXTERNAL_AMQP" ]; then needed+=(rabbitmq); fi
  [ "$SMSC" != simulator ] || needed+=(simulator)
  until [ "$(http_status "$METRICS_PORT" /readyz)" = 200 ] && { [ "$SMSC" != simulator ] || port_answers "$SMSC_PORT"; }; do
    for name in "${needed[@]}"; do
      if ! runs "$name"; then
        show_log_tail "$name"
        warn "error: $name ended while starting"
        return 1
      fi
    done
    if [ "$SECONDS" -ge "$deadline" ]; then
      show_log_tail standalone
      warn "error: not ready within $READY_SECONDS s: http://127.0.0.1:$METRICS_PORT/readyz answers '$(http_status "$METRICS_PORT" /readyz)'"
      return 1
    fi
    sleep 0.1
  done
}

# A start that fails leaves nothing behind of what it started itself; the logs stay.
undo_start() {
  local index
  for ((index = ${#STARTED[@]} - 1; index >= 0; index--)); do
    case ${STARTED[index]} in
      standalone) stop standalone TERM 10 ;;
      simulator) stop simulator TERM 3 ;;
      rabbitmq) stop_rabbitmq ;;
      postgres) stop_postgres ;;
    esac
  done
  STARTED=()
}

# start_everything [what to do when this shell ends after the start]
start_everything() {
  check_settings
  check_prerequisites
  make_run_dir
  lock_run_dir
  EXTERNAL_DATABASE=${PLATFORM_DATABASE:-}
  EXTERNAL_AMQP=$PLATFORM_AMQP
  check_ports
  build_for_run
  local deadline=$((SECONDS + READY_SECONDS))
  # Without these a signal is forgotten where the program that is waited for ends well.
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  trap undo_start EXIT
  make_admin_key
  if ! { start_database && start_broker && start_simulator && start_standalone && await_ready "$deadline"; }; then exit 1; fi
  trap "${1:--}" EXIT
  unlock_run_dir
}

# --- stop ------------------------------------------------------------------------------------------------------------

# 40 s in all: the platform drains (20 s at most by itself), then its operator, then its database.
stop_everything() {
  [ -d "$RUN_DIR" ] || return 0
  lock_run_dir
  local deadline=$((SECONDS + 36))
  stop standalone TERM 28
  stop simulator TERM 2
  stop_rabbitmq 5
  stop_postgres $((deadline - SECONDS))
  rm -f -- "$RUN_DIR/standalone.settings"
  unlock_run_dir
}

# --- commands --------------------------------------------------------------------------------------------------------

print_addresses() {
  local operator="the simulator on 127.0.0.1:$SMSC_PORT, log and received messages: $RUN_DIR/simulator.log, http://127.0.0.1:$(ports_value SMSC_HTTP_PORT)/messages"
  [ "$SMSC" = simulator ] || operator="whatever listens on 127.0.0.1:$SMSC_PORT (SMSC=external)"
  cat <<TEXT

The platform is ready.
  SMPP        127.0.0.1:$SMPP_PORT (TLS: $SMPP_TLS_PORT), system_id demo, password demo1234
  REST        http://127.0.0.1:$ADMIN_PORT/v1 (description: /openapi/v1.json)
  admin key   $(<"$PLATFORM_ADMIN_KEY_FILE")  ($PLATFORM_ADMIN_KEY_FILE)
  metrics     http://127.0.0.1:$METRICS_PORT/metrics (probes: /livez, /readyz)
  operator    $operator
  logs        $RUN_DIR/*.log

Send a message:
  curl -s http://127.0.0.1:$ADMIN_PORT/v1/messages -H "Authorization: Bearer \$(cat '$PLATFORM_ADMIN_KEY_FILE')" -H 'Content-Type: application/json' -d '{"account":"demo","from":"PLATFORM","to":"491711234567","text":"Hello"}'

TEXT
}

command_up() {
  start_everything
  print_addresses
}

command_down() {
  check_settings
  stop_everything
  say "stopped"
}

command_reset() {
  check_settings
  stop_everything
  remove_postgres
  remove_run_dir
  say "stopped, and $RUN_DIR removed"
}

# Says what ended, once something has; 3 where it was stopped on purpose from elsewhere.
watch_processes() {
  local name
  trap - EXIT
  while :; do
    for name in "$@"; do
      runs "$name" && continue
      if [ ! -e "$RUN_DIR/$name.pid" ]; then exit 3; fi
      show_log_tail "$name"
      warn "error: $name ended by itself; stopping the rest"
      exit 1
    done
    sleep 1
  done
}

# However the command ends: by a signal, by the death of what it watches, or in between.
leave_run() {
  trap '' INT TERM HUP
  trap - EXIT
  [ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null || true
  say
  say "draining and stopping (at most 40 s)"
  stop_everything
  say "stopped"
}

WATCHER=

command_run() {
  local watched=(standalone) status=0
  start_everything leave_run
  print_addresses
  [ -n "$EXTERNAL_DATABASE" ] || watched+=(postgres)
  if [ "$PLATFORM_QUEUE" = amqp ] && [ -z "$EXTERNAL_AMQP" ]; then watched+=(rabbitmq); fi
  [ "$SMSC" != simulator ] || watched+=(simulator)
  watch_processes "${watched[@]}" &
  WATCHER=$!
  # From here on the shell does nothing but wait, so that a signal never meets it in the middle of something: bash 5.2 loses its way
  # where a trap runs while a command substitution is read.
  trap 'exit 0' INT TERM HUP
  say "Ctrl-C drains and stops everything."
  wait "$WATCHER" || status=$?
  if [ "$status" = 3 ]; then
    trap - EXIT
    say "stopped by another command"
    exit 0
  fi
  exit 1
}

command_smsc() {
  check_prerequisites
  with_build_lock build_target run infra/local/Run.slnf "$RUN_PRODUCTS/Testing/release/Testing.dll" || die "the build failed"
  local found
  found=$(busy_ports "SMSC_PORT=$SMSC_PORT") || die "$found"
  exec "${simulator_command[@]}"
}

command_sqs() {
  check_prerequisites
  with_build_lock npm_packages "$ROOT/tests/peers" || die "set-up failed"
  local found port=${SQS_PORT:-4566}
  found=$(busy_ports "SQS_PORT=$port") || die "$found"
  say "An SQS-compatible endpoint, in memory; for the platform: make up PLATFORM_QUEUE=sqs PLATFORM_SQS_ENDPOINT=http://127.0.0.1:$port"
  exec node "$ROOT/tests/peers/sqs.mjs" "$port"
}

command_load() {
  check_prerequisites
  with_build_lock build_target run infra/local/Run.slnf "$RUN_PRODUCTS/Testing/release/Testing.dll" || die "the build failed"
  LOAD_REPORT=$(absolute "${LOAD_REPORT:-artifacts/load/load.json}")
  export LOAD_REPORT
  exec dotnet "$RUN_PRODUCTS/Testing/release/Testing.dll" load
}

command_build() {
  check_prerequisites
  build_all
}

case ${1:-} in
  up | down | reset | run | smsc | sqs | load | build) "command_$1" ;;
  *)
    warn "usage: platform.sh up | down | reset | run | smsc | sqs | load | build"
    exit 2
    ;;
esac
