#!/usr/bin/env bash
# broker.sh up | down | address | ctl <rabbitmqctl's words>: the RabbitMQ of a run folder (RUN_DIR) by itself; `make up PLATFORM_QUEUE=amqp`
# starts the same one.
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=infra/local/settings.sh
. "$here/settings.sh"
# shellcheck source=infra/local/processes.sh
. "$here/processes.sh"
# shellcheck source=infra/local/rabbitmq.sh
. "$here/rabbitmq.sh"

case ${1:-} in
  up)
    make_run_dir
    lock_run_dir
    start_rabbitmq
    say "$AMQP_URL"
    ;;
  down)
    [ -d "$RUN_DIR" ] || exit 0
    lock_run_dir
    stop_rabbitmq
    ;;
  address)
    runs rabbitmq || die "no RabbitMQ runs in $RUN_DIR"
    start_rabbitmq
    say "$AMQP_URL"
    ;;
  ctl)
    shift
    rabbitmqctl_of "$@"
    ;;
  *)
    warn "usage: broker.sh up | down | address | ctl <rabbitmqctl's words>"
    exit 2
    ;;
esac
