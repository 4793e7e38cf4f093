# The SQS-compatible endpoint of a run folder (tests/peers/sqs.mjs). It keeps messages in memory: for tests and trials only.

# Keeps a running one; sets SQS_URL.
start_sqs() {
  local deadline port
  if ! runs sqs; then
    port=$(private_port SQS_PORT)
    launch sqs "$ROOT/tests/peers" node sqs.mjs "$port"
  fi
  port=$(ports_value SQS_PORT)
  deadline=$((SECONDS + 20))
  until [ "$(http_status "$port" /health)" = 200 ]; do
    if ! runs sqs || [ "$SECONDS" -ge "$deadline" ]; then
      show_log_tail sqs
      warn "error: the SQS-compatible endpoint did not start"
      return 1
    fi
    sleep 0.05
  done
  SQS_URL=http://127.0.0.1:$port
}

stop_sqs() { stop sqs TERM "${1:-5}"; }
