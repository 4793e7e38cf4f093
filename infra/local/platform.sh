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
# shellcheck source=infra/local/sqs.sh
. "$here/sqs.sh"
# shellcheck source=infra/local/redis.sh
. "$here/redis.sh"
# shellcheck source=infra/local/rabbitmq.sh
. "$here/rabbitmq.sh"
# shellcheck source=infra/local/build.sh
. "$here/build.sh"
# shellcheck source=infra/local/packages.sh
. "$here/packages.sh"

READY_SECONDS=120
# The scripts' own tests put a stand-in here, as in SERVICE_COMMAND (services.sh).
read -r -a simulator_command <<<"${SIMULATOR_COMMAND:-dotnet $RUN_PRODUCTS/Testing/release/Testing.dll smsc}"

# --- start -----------------------------------------------------------------------------------------------------------

current_settings() {
  local name
  for name in PROFILE SMPP_PORT SMPP_TLS_PORT ADMIN_PORT METRICS_PORT SMSC_PORT SMSC \
    PLATFORM_QUEUE PLATFORM_QUEUE_PREFIX PLATFORM_SQS_ENDPOINT PLATFORM_REDIS; do
    printf '%s=%s\n' "$name" "${!name}"
  done
  # A digest: there is a password in it.
  printf 'PLATFORM_AMQP=%s\n' "$(printf '%s' "$PLATFORM_AMQP" | sha256sum | cut -c1-12)"
}

# Before anything is started: the ports of what is not running are free, and what runs was started with the same settings.
check_ports() {
  local wanted=() name found
  if any_service_runs && [ -f "$RUN_DIR/settings" ] && ! found=$(diff <(current_settings) "$RUN_DIR/settings" | sed -n 's/^> //p' | paste -sd' '); then
    die "it runs already, with $found: make down first"
  fi
  for name in "${SERVICES[@]}"; do
    if ! runs "$name"; then mapfile -t -O "${#wanted[@]}" wanted < <(listeners_of "$name"); fi
  done
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
  follow_port PostgreSQL "$port_before" "$(ports_value POSTGRES_PORT)"
}

# What PLATFORM_QUEUE needs beside the database, unless an address is given: an endpoint of ours where the profile has one, a broker.
start_queue() {
  local port_before
  case $PLATFORM_QUEUE in
    sqs)
      [ "$LOCAL_SQS" = yes ] || return 0
      port_before=$(ports_value SQS_PORT)
      runs sqs || STARTED+=(sqs)
      start_sqs || return 1
      PLATFORM_SQS_ENDPOINT=$SQS_URL
      sqs_credentials
      follow_port "the SQS-compatible endpoint" "$port_before" "$(ports_value SQS_PORT)"
      ;;
    amqp)
      [ "$LOCAL_RABBITMQ" = yes ] || return 0
      port_before=$(ports_value RABBITMQ_PORT)
      runs rabbitmq || STARTED+=(rabbitmq)
      start_rabbitmq || return 1
      PLATFORM_AMQP=$AMQP_URL
      follow_port "RabbitMQ" "$port_before" "$(ports_value RABBITMQ_PORT)"
      ;;
  esac
}

# For rate limits over all processes; one process alone needs none.
start_limits() {
  [ "$LOCAL_REDIS" = yes ] || return 0
  local port_before
  port_before=$(ports_value REDIS_PORT)
  runs redis || STARTED+=(redis)
  start_redis || return 1
  PLATFORM_REDIS=$REDIS_ADDRESS
  follow_port "Redis" "$port_before" "$(ports_value REDIS_PORT)"
}

# follow_port <whose> <port before> <port now>: who runs knows the old one only.
follow_port() {
  if [ "$2" != "$3" ] && any_service_runs; then
    warn "the port of $1 was taken by another program: it has a new one, and the platform is started again to follow it"
    stop_services 30
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

start_services() {
  local name
  for name in "${SERVICES[@]}"; do
    if runs "$name"; then
      if is_outdated "$name"; then say "the binaries have changed since $name was started; what runs is kept (make down and make up to renew it)"; fi
    else
      STARTED+=("$name")
      start_service "$name"
    fi
  done
}

await_ready() {
  local deadline=$1 name waiting=("${SERVICES[@]}") needed=("${SERVICES[@]}")
  [ -n "$EXTERNAL_DATABASE" ] || needed+=(postgres)
  [ "$SMSC" != simulator ] || needed+=(simulator)
  [ "$LOCAL_SQS" != yes ] || needed+=(sqs)
  [ "$LOCAL_REDIS" != yes ] || needed+=(redis)
  [ "$LOCAL_RABBITMQ" != yes ] || needed+=(rabbitmq)
  until [ "${#waiting[@]}" = 0 ] && { [ "$SMSC" != simulator ] || port_answers "$SMSC_PORT"; }; do
    for name in "${needed[@]}"; do
      if ! runs "$name"; then
        show_log_tail "$name"
        warn "error: $name ended while starting"
        return 1
      fi
    done
    # In turn: who was ready stays so.
    if [ "${#waiting[@]}" -gt 0 ] && is_ready "${waiting[0]}"; then
      waiting=("${waiting[@]:1}")
      continue
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      name=${waiting[0]:-simulator}
      show_log_tail "$name"
      warn "error: not ready within $READY_SECONDS s: $name; http://127.0.0.1:$(metrics_port_of "$name")/readyz answers '$(http_status "$(metrics_port_of "$name")" /readyz)'"
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
      simulator) stop simulator TERM 3 ;;
      postgres) stop_postgres ;;
      rabbitmq) stop_rabbitmq ;;
      *) stop "${STARTED[index]}" TERM 10 ;;
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
  LOCAL_SQS= LOCAL_REDIS= LOCAL_RABBITMQ=
  if [ "$PLATFORM_QUEUE" = amqp ] && [ -z "$PLATFORM_AMQP" ]; then
    LOCAL_RABBITMQ=yes
    install_debian_packages rabbitmq-server
  fi
  if [ "$PROFILE" = services ]; then
    if [ "$PLATFORM_QUEUE" = sqs ] && [ -z "$PLATFORM_SQS_ENDPOINT" ]; then LOCAL_SQS=yes; fi
    if [ -z "$PLATFORM_REDIS" ]; then
      LOCAL_REDIS=yes
      install_debian_packages redis-server
    fi
  fi
  check_ports
  build_for_run
  if [ "$LOCAL_SQS" = yes ]; then with_build_lock npm_packages "$ROOT/tests/peers" || die "npm ci failed"; fi
  local deadline=$((SECONDS + READY_SECONDS))
  # Without these a signal is forgotten where the program that is waited for ends well.
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  trap undo_start EXIT
  make_admin_key
  any_service_runs || current_settings >"$RUN_DIR/settings"
  if ! { start_database && start_queue && start_limits && start_simulator && start_services && await_ready "$deadline"; }; then exit 1; fi
  trap "${1:--}" EXIT
  unlock_run_dir
}

# --- stop ------------------------------------------------------------------------------------------------------------

# 40 s in all: the platform drains (20 s at most by itself), then its operator, then its servers. Whatever profile it was started with.
stop_everything() {
  [ -d "$RUN_DIR" ] || return 0
  lock_run_dir
  local deadline=$((SECONDS + 37))
  stop_services 30
  stop simulator TERM 2
  stop_sqs 2
  stop_redis 2
  stop_rabbitmq 5
  stop_postgres $((deadline > SECONDS ? deadline - SECONDS : 1))
  rm -f -- "$RUN_DIR/settings"
  unlock_run_dir
}

# --- commands --------------------------------------------------------------------------------------------------------

other_metrics() {
  [ "$PROFILE" = services ] || return 0
  local name
  for name in "${SERVICES[@]}"; do printf '\n              %s: %s' "$name" "$(metrics_port_of "$name")"; done
}

print_addresses() {
  local operator="the simulator on 127.0.0.1:$SMSC_PORT, log and received messages: $RUN_DIR/simulator.log, http://127.0.0.1:$(ports_value SMSC_HTTP_PORT)/messages"
  [ "$SMSC" = simulator ] || operator="whatever listens on 127.0.0.1:$SMSC_PORT (SMSC=external)"
  cat <<TEXT

The platform is ready.
  SMPP        127.0.0.1:$SMPP_PORT (TLS: $SMPP_TLS_PORT), system_id demo, password demo1234
  REST        http://127.0.0.1:$ADMIN_PORT/v1 (description: /openapi/v1.json)
  admin key   $(<"$PLATFORM_ADMIN_KEY_FILE")  ($PLATFORM_ADMIN_KEY_FILE)
  metrics     http://127.0.0.1:$(metrics_port_of "${SERVICES[-1]}")/metrics (probes: /livez, /readyz)$(other_metrics)
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
  local watched=("${SERVICES[@]}") status=0
  start_everything leave_run
  print_addresses
  [ -n "$EXTERNAL_DATABASE" ] || watched+=(postgres)
  [ "$SMSC" != simulator ] || watched+=(simulator)
  [ "$LOCAL_SQS" != yes ] || watched+=(sqs)
  [ "$LOCAL_REDIS" != yes ] || watched+=(redis)
  [ "$LOCAL_RABBITMQ" != yes ] || watched+=(rabbitmq)
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
