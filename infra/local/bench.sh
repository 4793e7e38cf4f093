#!/usr/bin/env bash
# bench.sh: measures the platform's stages and its whole path, one process a stage, on a PostgreSQL and a platform of its own
# (ports, run folder), which are gone afterwards. The table goes to standard output, everything else to standard error.
# 0 when all stages ran and nothing was wrong, however slow; else 1.
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")

if [ "${BENCH_HELP:-}" = 1 ]; then
  cat <<'HELP'
make bench takes its options from the environment
  BENCH_ONLY              codec,session,queue,queues,ledger,gateway,workers,binds,path   the stages to run
  BENCH_SESSION_SUBMITS   1000000   submits for each window, in 5 rounds; a fifth of it with the npm package, and with window 1
  BENCH_QUEUE_MESSAGES    50000     messages in envelopes of 100; half of it in those of 10, a tenth in those of 1
  BENCH_QUEUES_SECONDS    10        for each rate offered to each adapter: 1, 10, 100, 1,000, 10,000 messages/s; 100 messages at least
  BENCH_QUEUES_WAITING    1000000   messages waiting in the long queue, in envelopes of 10
  BENCH_LEDGER_MESSAGES   20000     messages through each statement
  BENCH_GATEWAY_SUBMITS   200000    submits through smpp-gateway alone, for each number of binds; a thirtieth of it one at a time
  BENCH_WORKERS_MESSAGES  100000    messages from the dispatch queue to the receipt's event, for each number of binds
  BENCH_WARMUP            150000    messages through the whole path before it is measured
  BENCH_MESSAGES          100000    messages measured on the whole path
  BENCH_BINDS             4         the load client's binds
  BENCH_WINDOW            50        unanswered submits per bind
  BENCH_IDLE_BINDS        5000      idle binds on one process
  BENCH_IDLE_SECONDS      65        how long they are watched: two rounds of enquire_link
  BENCH_KEEP              0         1: the run folder with its logs is kept (stopped) in artifacts/bench/run

Files: artifacts/bench/<stage>.json, load.json (the load client's report), books.json (the ledger's balance at every second).
HELP
  exit 0
fi

# What a caller has set for a platform of his own is not for this one.
unset PLATFORM_DATABASE PLATFORM_DATABASE_READ PLATFORM_AMQP PLATFORM_ARCHIVE PLATFORM_CONNECTORS PROFILE SMSC
for name in SMPP_PORT SMPP_TLS_PORT ADMIN_PORT METRICS_PORT SMSC_PORT; do
  declare -x "$name=$(node "$here/ports.mjs" free)"
done
RUN_DIR=artifacts/bench/run
# shellcheck source=infra/local/settings.sh
. "$here/settings.sh"
# shellcheck source=infra/local/processes.sh
. "$here/processes.sh"
# shellcheck source=infra/local/postgres.sh
. "$here/postgres.sh"
# shellcheck source=infra/local/sqs.sh
. "$here/sqs.sh"
# shellcheck source=infra/local/rabbitmq.sh
. "$here/rabbitmq.sh"
# shellcheck source=infra/local/build.sh
. "$here/build.sh"
# shellcheck source=infra/local/packages.sh
. "$here/packages.sh"

export BENCH_FOLDER=$ARTIFACTS/bench
export BENCH_PEERS=$ROOT/tests/peers
export BENCH_LOAD_PROGRAM=$RUN_PRODUCTS/Testing/release/Testing.dll
export BENCH_GATEWAY_PROGRAM=$RUN_PRODUCTS/SmppGateway/release/SmppGateway.dll
export BENCH_WORKERS_PROGRAM=$RUN_PRODUCTS/Workers/release/Workers.dll
BENCH=$RUN_PRODUCTS/Bench/release/Bench.dll
KNOWN=(codec session queue queues ledger gateway workers binds path)
failed=()

read -r -a wanted <<<"${BENCH_ONLY:+${BENCH_ONLY//,/ }}"
[ "${#wanted[@]}" -gt 0 ] || wanted=("${KNOWN[@]}")
for stage in "${wanted[@]}"; do
  [[ " ${KNOWN[*]} " == *" $stage "* ]] || die "BENCH_ONLY: there is no stage '$stage': ${KNOWN[*]}"
done
wants() { [[ " ${wanted[*]} " == *" $1 "* ]]; }

build_bench_locked() {
  if [ -e "$BENCH" ] && ! changed_since "$STAMPS/all"; then return 0; fi
  build_target bench tests/Bench/Bench.csproj "$BENCH"
}

# In the background, for bash runs a trap only when what it waits for has ended.
MEASURING=
measure() {
  local status=0
  say "--- $1"
  dotnet "$BENCH" "$1" </dev/null &
  MEASURING=$!
  wait "$MEASURING" || status=$?
  MEASURING=
  [ "$status" = 0 ] || failed+=("$1")
}

# However it ends: nothing is left running, and nothing but the figures is left behind; where something failed, the logs.
finish() {
  local status=$? ending=reset
  trap - EXIT
  trap '' INT TERM HUP
  # What ended while it held the folder must not keep platform.sh out of it.
  unlock_run_dir
  if [ -n "$MEASURING" ]; then
    # It takes the load client with it.
    kill "$MEASURING" 2>/dev/null || true
    wait "$MEASURING" || true
  fi
  if [ "$status" != 0 ]; then cp -- "$RUN_DIR"/*.log "$BENCH_FOLDER/" 2>/dev/null || true; fi
  if [ "${BENCH_KEEP:-}" = 1 ]; then ending=down; fi
  if [ -d "$RUN_DIR" ]; then stop_sqs; fi
  "$LOCAL/platform.sh" "$ending" >&2 || status=1
  exit "$status"
}

prepare() {
  check_prerequisites
  with_build_lock build_bench_locked || die "the build failed"
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  # A leftover of a run that was killed, and the figures of an earlier one: a table never mixes two runs.
  "$LOCAL/platform.sh" reset
  mkdir -p -- "$BENCH_FOLDER"
  rm -f -- "$BENCH_FOLDER"/*.{json,log}
}

prepare_database() {
  with_build_lock npm_packages "$LOCAL" || die "npm ci failed"
  make_run_dir
  lock_run_dir
  start_postgres
  unlock_run_dir
  export BENCH_SERVER="$DATABASE_SERVER;Database=postgres"
}

# The servers of the two other adapters, for one stage alone.
measure_queues() {
  install_debian_packages rabbitmq-server
  with_build_lock npm_packages "$ROOT/tests/peers" || die "npm ci failed"
  lock_run_dir
  start_sqs
  start_rabbitmq
  unlock_run_dir
  # The stand-in wants some credentials, whichever.
  BENCH_SQS=$SQS_URL BENCH_AMQP=$AMQP_URL AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1 measure queues
  stop_sqs
  stop_rabbitmq
}

run_stages() {
  local stage
  if wants codec; then measure codec; fi
  if wants session; then
    with_build_lock npm_packages "$ROOT/tests/peers" || die "npm ci failed"
    measure session
  fi
  if wants gateway || wants workers; then build_for_run; fi
  if wants queue || wants queues || wants ledger || wants gateway || wants workers; then prepare_database; fi
  if wants queue; then measure queue; fi
  if wants queues; then measure_queues; fi
  for stage in ledger gateway workers; do
    if wants "$stage"; then measure "$stage"; fi
  done
  for stage in binds path; do
    wants "$stage" || continue
    say "--- the platform"
    if "$LOCAL/platform.sh" up >/dev/null; then
      measure "$stage"
    else
      failed+=("$stage")
    fi
  done
}

prepare >&2
run_stages >&2
dotnet "$BENCH" table
if [ "${#failed[@]}" -gt 0 ]; then die "failed: ${failed[*]}"; fi
