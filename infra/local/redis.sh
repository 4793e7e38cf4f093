# The Redis of a run folder: Debian's, a plain process on loopback. It holds counters of rate limits only: nothing is kept on disk.

# Keeps a running one; sets REDIS_ADDRESS (host:port).
start_redis() {
  local deadline port
  if ! runs redis; then
    port=$(private_port REDIS_PORT)
    mkdir -p -- "$RUN_DIR/redis"
    launch redis "$RUN_DIR/redis" redis-server --bind 127.0.0.1 --port "$port" --dir "$RUN_DIR/redis" --daemonize no \
      --save '' --appendonly no --maxmemory 64mb --maxmemory-policy volatile-ttl
  fi
  port=$(ports_value REDIS_PORT)
  deadline=$((SECONDS + 20))
  until redis_answers "$port"; do
    if ! runs redis || [ "$SECONDS" -ge "$deadline" ]; then
      show_log_tail redis
      warn "error: Redis did not start"
      return 1
    fi
    sleep 0.05
  done
  REDIS_ADDRESS=127.0.0.1:$port
}

redis_answers() {
  local answer
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'PING\r\n' >&3
    read -r -t 2 answer <&3 && [ "$answer" = $'+PONG\r' ]
  ) 2>/dev/null
}

stop_redis() { stop redis TERM "${1:-5}"; }
