# The platform's own processes, by PROFILE: their names, programs and ports.

# With PROFILE=services, METRICS_PORT counts on in this order (docs/interfaces.md).
SIX_SERVICES=(smpp-gateway router workers dlr-processor admin-api exporters)
declare -A PROGRAMS=(
  [standalone]=Standalone [smpp-gateway]=SmppGateway [router]=Router [workers]=Workers
  [dlr-processor]=DlrProcessor [admin-api]=AdminApi [exporters]=Exporters
)
case $PROFILE in
  services) SERVICES=("${SIX_SERVICES[@]}") ;;
  *) SERVICES=(standalone) ;;
esac
# Whatever the profile: what a run folder may hold of either.
ALL_SERVICES=(standalone "${SIX_SERVICES[@]}")

# The port of a service's probes and metrics.
metrics_port_of() {
  local index
  for index in "${!SIX_SERVICES[@]}"; do
    [ "${SIX_SERVICES[index]}" != "$1" ] || printf '%s\n' $((METRICS_PORT + index))
  done
  [ "$1" != standalone ] || printf '%s\n' "$METRICS_PORT"
}

# listeners_of <service>: NAME=port of everything it listens on.
listeners_of() {
  local offset
  case $1 in standalone | smpp-gateway) printf '%s\n' "SMPP_PORT=$SMPP_PORT" "SMPP_TLS_PORT=$SMPP_TLS_PORT" ;; esac
  case $1 in standalone | admin-api) printf '%s\n' "ADMIN_PORT=$ADMIN_PORT" ;; esac
  offset=$(($(metrics_port_of "$1") - METRICS_PORT))
  [ "$offset" != 0 ] || offset=
  printf '%s\n' "METRICS_PORT${offset:++$offset}=$(metrics_port_of "$1")"
}

# Everything that this profile listens on, as NAME=port.
all_listeners() {
  local name
  for name in "${SERVICES[@]}"; do listeners_of "$name"; done
  printf 'SMSC_PORT=%s\n' "$SMSC_PORT"
}

# SERVICE_COMMAND, of the scripts' own tests, stands in for all of them: it gets the service's name.
service_folder() { if [ -n "${SERVICE_COMMAND:-}" ]; then printf '%s\n' "$ROOT"; else printf '%s\n' "$RUN_PRODUCTS/${PROGRAMS[$1]}/release"; fi; }

start_service() {
  local name=$1 command
  if [ -n "${SERVICE_COMMAND:-}" ]; then
    read -r -a command <<<"$SERVICE_COMMAND $name"
  else
    command=(dotnet "$RUN_PRODUCTS/${PROGRAMS[$name]}/release/${PROGRAMS[$name]}.dll")
  fi
  # 64 MB are allocated between two collections, not 16: an eighth of the CPU for some 25 MB more (docs/performance.md). No setting of the
  # program's own does that, so whoever starts a service elsewhere sets it too.
  DOTNET_GCgen0size=${DOTNET_GCgen0size:-0x4000000} METRICS_PORT=$(metrics_port_of "$name") PLATFORM_DEMO=1 \
    launch "$name" "$(service_folder "$name")" "${command[@]}"
}

# Whether its program was built again since it was started.
is_outdated() {
  [ -z "${SERVICE_COMMAND:-}" ] &&
    [ -n "$(find "$RUN_PRODUCTS/${PROGRAMS[$1]}/release" -name '*.dll' -newer "$RUN_DIR/$1.pid" -print -quit)" ]
}

is_ready() { [ "$(http_status "$(metrics_port_of "$1")" /readyz)" = 200 ]; }

any_service_runs() {
  local name
  for name in "${ALL_SERVICES[@]}"; do
    if runs "$name"; then return 0; fi
  done
  return 1
}

# Messages in the queues, dead ones not counted, as the exporters tell; nothing where they don't.
waiting_messages() {
  http_body "$(metrics_port_of exporters)" /metrics |
    sed -n '/queue="[^"]*-dead"/d; s/^smpp_queue_depth{[^}]*} \([0-9]*\).*/\1/p' | awk '{ sum += $1 } END { if (NR) print sum }'
}

# In the order of a message's way, so that each finishes what the one before has handed it: the doors first, the books last. Each stage
# has until 8 s before the end; then all are asked, and killed at the end.
# stop_services <seconds>
stop_services() {
  local deadline=$((SECONDS + $1)) stage name
  local hurry=$((deadline - 8))
  for stage in "standalone" "admin-api smpp-gateway" router workers dlr-processor exporters; do
    if [ "$stage" = router ] && runs sqs && runs exporters; then let_queues_run_dry $((hurry < SECONDS + 5 ? hurry : SECONDS + 5)); fi
    for name in $stage; do signal "$name" TERM; done
    for name in $stage; do
      while runs "$name" && [ "$SECONDS" -lt "$hurry" ]; do sleep 0.05; done
    done
  done
  for name in "${ALL_SERVICES[@]}"; do
    stop "$name" TERM $((deadline > SECONDS ? deadline - SECONDS : 0))
  done
}

# The endpoint on this machine keeps messages in memory: what waits in it when it stops is gone, so it gets a moment to be worked off.
let_queues_run_dry() {
  local waiting=
  while [ "$SECONDS" -lt "$1" ]; do
    waiting=$(waiting_messages)
    [ "${waiting:-0}" -gt 0 ] || return 0
    sleep 0.2
  done
  warn "$waiting messages still wait in the SQS-compatible endpoint, which keeps them in memory: they are gone when it stops"
}
