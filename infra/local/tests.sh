#!/usr/bin/env bash
# tests.sh unit | all | chaos: set-up, build, every test project, one last line `N passed, N failed, N skipped`.
# Fails where a test failed, where one was skipped, and where none ran.
set -euo pipefail
# The tests have a run folder of their own, beside whatever runs in the checkout.
RUN_DIR=artifacts/test-run
unset PLATFORM_DATABASE PLATFORM_DATABASE_READ PLATFORM_QUEUE PLATFORM_QUEUE_PREFIX PLATFORM_SQS_ENDPOINT PLATFORM_AMQP PLATFORM_REDIS PROFILE
here=$(dirname -- "${BASH_SOURCE[0]}")
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

# A test chooses its own ports and folders: the caller's are not for it.
export -n RUN_DIR SMPP_PORT SMPP_TLS_PORT ADMIN_PORT METRICS_PORT SMSC_PORT SMSC PLATFORM_QUEUE PLATFORM_QUEUE_PREFIX PLATFORM_SQS_ENDPOINT PLATFORM_AMQP PLATFORM_REDIS PLATFORM_ADMIN_KEY_FILE PLATFORM_ARCHIVE

RESULTS=$ARTIFACTS/test-results
PROJECT_SECONDS=${TEST_PROJECT_SECONDS:-2400}
kind=${1:-}
case $kind in unit | all | chaos) ;; *)
  warn "usage: tests.sh unit | all | chaos"
  exit 2
  ;;
esac

# --- the projects, cheapest first ------------------------------------------------------------------------------------

projects() { (cd -- "$ROOT" && find tests -name "*.$1.csproj" -printf '%f\n' | sed 's/\.csproj$//' | sort); }

run_dotnet_project() {
  local project=$1 status=0
  shift
  say "--- $project"
  # Standard input is nobody's; a hanging project ends after a while and counts as a failure.
  timeout --foreground -k 10 "$PROJECT_SECONDS" dotnet test "$ARTIFACTS/bin/$project/release/$project.dll" "$@" \
    --logger "console;verbosity=minimal" --logger "trx;LogFileName=$project.trx" --results-directory "$RESULTS" \
    </dev/null 9>&- || status=$?
  printf '%s\n' "$status" >"$RESULTS/$project.status"
}

# The scripts' own tests. *.integration.test.mjs start servers and take seconds.
run_script_tests() {
  local status=0
  say "--- $1"
  shift
  timeout --foreground -k 10 "$PROJECT_SECONDS" node --test --test-concurrency=1 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$RESULTS/$1.tap" "${@:2}" </dev/null 9>&- || status=$?
  printf '%s\n' "$status" >"$RESULTS/$1.status"
}

# --- the run ---------------------------------------------------------------------------------------------------------

check_prerequisites
[ "$kind" = unit ] || install_debian_packages
build_all
make_run_dir
lock_run_dir
rm -rf -- "$RESULTS"
mkdir -p -- "$RESULTS"

# However the run ends: the servers are stopped, and what went wrong before or between the tests counts as a failure.
finish() {
  local status=$?
  trap - EXIT INT TERM
  stop_postgres || warn "PostgreSQL of the tests could not be stopped"
  stop_sqs
  stop_rabbitmq
  [ "$status" = 0 ] || printf '%s\n' "$status" >"$RESULTS/the run itself.status"
  exec node "$LOCAL/test-results.mjs" "$RESULTS"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd -- "$ROOT"
if [ "$kind" = chaos ]; then
  # The same tests as in `make test`, longer. Each starts a platform of its own.
  export CHAOS_SCALE=${CHAOS_SCALE:-5}
  PROJECT_SECONDS=${TEST_PROJECT_SECONDS:-7200}
  stop_sqs
  start_sqs
  export PLATFORM_TEST_SQS=$SQS_URL
  # What has a long form; CHAOS_ONLY names classes or tests of them: CHAOS_ONLY=AttackTests,OperatorLinkTests
  chosen=${CHAOS_ONLY:-FaultTests,OfflineCustomerTests,RollingRestartTests,AttackTests,SixProcessesTests,QueueDeploymentTests,OperatorBindTests,OperatorLinkTests,OperatorIsolationTests}
  run_dotnet_project Platform.FunctionalTests --filter "FullyQualifiedName~${chosen//,/|FullyQualifiedName~}"
  exit 0
fi
for project in $(projects Tests); do run_dotnet_project "$project"; done
run_script_tests "scripts" scripts.unit $(find infra/local/tests -name '*.test.mjs' ! -name '*.integration.test.mjs' | sort)

if [ "$kind" = all ]; then
  run_script_tests "scripts, with servers" scripts.integration $(find infra/local/tests -name '*.integration.test.mjs' | sort)
  if [ -z "${PLATFORM_TEST_DATABASE:-}" ]; then
    # A leftover of a run that was killed goes first. A test database need not survive a power cut, hence no fsync.
    stop_postgres
    remove_postgres
    start_postgres -c fsync=off -c full_page_writes=off -c max_connections=400 -c log_checkpoints=off
    PLATFORM_TEST_DATABASE="$DATABASE_SERVER;Database=postgres"
  fi
  export PLATFORM_TEST_DATABASE
  if [ -z "${PLATFORM_TEST_SQS:-}" ]; then
    stop_sqs
    start_sqs
    PLATFORM_TEST_SQS=$SQS_URL
  fi
  export PLATFORM_TEST_SQS
  if [ -z "${PLATFORM_TEST_AMQP:-}" ]; then
    stop_rabbitmq
    start_rabbitmq
    PLATFORM_TEST_AMQP=$AMQP_URL
  fi
  export PLATFORM_TEST_AMQP
  for project in $(projects InteropTests) $(projects IntegrationTests) $(projects FunctionalTests); do run_dotnet_project "$project"; done
fi
