# The private RabbitMQ of a run folder, from Debian's package: two processes, the broker and epmd, Erlang's table of nodes, each on a
# port of its own and on loopback alone. It stores what it confirms on disk, below the run folder, and works as root and as anybody.

RABBITMQ_SERVER=/usr/lib/rabbitmq/bin/rabbitmq-server
RABBITMQ_USER=platform

# The environment of everything of this broker: nothing of the machine's own RabbitMQ is read, nor of the user's Erlang.
rabbitmq_environment() {
  local home=$RUN_DIR/rabbitmq
  RABBITMQ_AS=(
    env -u ERL_FLAGS -u ERL_AFLAGS -u ERL_ZFLAGS
    HOME="$home" LANG=C.UTF-8
    ERL_EPMD_PORT="$(ports_value EPMD_PORT)" ERL_EPMD_ADDRESS=127.0.0.1
    # Not after its port: the data belongs to the name. Its own epmd knows no other.
    RABBITMQ_NODENAME=platform@localhost
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
    RABBITMQ_NODE_PORT="$(ports_value RABBITMQ_PORT)"
    RABBITMQ_DIST_PORT="$(ports_value RABBITMQ_DIST_PORT)"
    RABBITMQ_CONF_ENV_FILE=/dev/null
    RABBITMQ_CONFIG_FILE="$home/rabbitmq"
    RABBITMQ_ADVANCED_CONFIG_FILE="$home/advanced"
    RABBITMQ_ENABLED_PLUGINS_FILE="$home/plugins"
    RABBITMQ_GENERATED_CONFIG_DIR="$home/generated"
    RABBITMQ_SCHEMA_DIR="$home/schema"
    RABBITMQ_MNESIA_BASE="$home/data"
    RABBITMQ_LOG_BASE="$home/log"
    RABBITMQ_PID_FILE="$home/pid"
    RABBITMQ_LOGS=-
    # The shell becomes the broker, as under systemd: the pid is the broker's own. NOTIFY_SOCKET is somebody else's.
    RUNNING_UNDER_SYSTEMD=yes NOTIFY_SOCKET=
    # Two schedulers, not spinning: it shares the machine. What a queue did not take when its delay was over, because it was not up yet after
    # a kill, is offered to it again after 5 s instead of RabbitMQ's 3 min (rabbit_fifo_dlx_worker; only what was refused, so nothing doubles).
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1} \
-rabbit dead_letter_worker_publisher_confirm_timeout 5000"
  )
}

prepare_rabbitmq() {
  local home=$RUN_DIR/rabbitmq
  (
    umask 077
    mkdir -p -- "$home/data" "$home/log" "$home/generated" "$home/schema"
    [ -s "$RUN_DIR/rabbitmq-password" ] || random_hex 24 >"$RUN_DIR/rabbitmq-password"
    printf '[].\n' >"$home/plugins"
    # Messages of a run folder are few: alarms are for those who fill the disk.
    cat >"$home/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$(ports_value RABBITMQ_PORT)
default_user = $RABBITMQ_USER
default_pass = $(<"$RUN_DIR/rabbitmq-password")
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.absolute = 1GB
CONF
  )
}

# A quorum queue of a single node that was made in the moment before the node was killed comes back without a leader, and never elects
# one by itself (RabbitMQ 3.10, rabbitmq-server #10070): it takes commands and answers none. An election is all it needs.
elect_rabbitmq_leaders() {
  rabbitmqctl_of eval '[ra:trigger_election(M) || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue,
    {N, _} = M <- [amqqueue:get_pid(Q)], ra_leaderboard:lookup_leader(N) =:= undefined].' >>"$RUN_DIR/rabbitmq.log" 2>&1 ||
    warn "RabbitMQ was killed, and its queues could not be looked at: see $RUN_DIR/rabbitmq.log"
}

# Keeps a running one; sets AMQP_URL.
start_rabbitmq() {
  local deadline died=
  [ -x "$RABBITMQ_SERVER" ] || {
    warn "error: RabbitMQ is not installed: apt-get install --no-install-recommends rabbitmq-server, or give PLATFORM_AMQP"
    return 1
  }
  if ! runs rabbitmq; then
    # An orderly stop takes the file away.
    [ ! -e "$RUN_DIR/rabbitmq.pid" ] || died=yes
    stop epmd TERM 3
    private_port RABBITMQ_PORT >/dev/null
    private_port RABBITMQ_DIST_PORT >/dev/null
    private_port EPMD_PORT >/dev/null
    prepare_rabbitmq
    rabbitmq_environment
    launch epmd "$RUN_DIR" epmd -address 127.0.0.1 -port "$(ports_value EPMD_PORT)"
    launch rabbitmq "$RUN_DIR" "${RABBITMQ_AS[@]}" "$RABBITMQ_SERVER"
  fi
  # 10 to 14 s on a quiet machine.
  deadline=$((SECONDS + 90))
  until port_answers "$(ports_value RABBITMQ_PORT)"; do
    if ! runs rabbitmq || [ "$SECONDS" -ge "$deadline" ]; then
      show_log_tail rabbitmq
      warn "error: RabbitMQ did not start"
      return 1
    fi
    sleep 0.1
  done
  [ -z "$died" ] || elect_rabbitmq_leaders
  AMQP_URL=amqp://$RABBITMQ_USER:$(<"$RUN_DIR/rabbitmq-password")@127.0.0.1:$(ports_value RABBITMQ_PORT)/
}

stop_rabbitmq() {
  stop rabbitmq TERM "${1:-10}"
  stop epmd TERM 2
}

# rabbitmqctl for this broker: "rabbitmqctl_of list_queues name messages_ready consumers".
rabbitmqctl_of() {
  rabbitmq_environment
  "${RABBITMQ_AS[@]}" /usr/lib/rabbitmq/bin/rabbitmqctl "$@"
}
