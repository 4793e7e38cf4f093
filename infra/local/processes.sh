# Detached processes of a run folder: <name>.pid holds the process's own pid, <name>.log what it says.
# <name>.start holds the kernel's start time of that pid, so that a pid given to another program is never taken for ours.

# The start time of a live process (field 22 of stat; the name in field 2 may hold blanks), nothing for a dead one or a zombie.
start_time_of() {
  local stat
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  case $1 in Z | X) return 1 ;; esac
  printf '%s %s\n' "$(</proc/sys/kernel/random/boot_id)" "${20}"
}

# Prints the pid of a running process by its name; returns 1 if it doesn't run (a stale pid file counts as not running).
pid_of() {
  local pid
  read -r pid 2>/dev/null <"$RUN_DIR/$1.pid" || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  [ "$(start_time_of "$pid")" = "$(cat -- "$RUN_DIR/$1.start" 2>/dev/null)" ] && [ -s "$RUN_DIR/$1.start" ] || return 1
  printf '%s\n' "$pid"
}

runs() { pid_of "$1" >/dev/null; }

# launch <name> <folder> <command...>: detached, stdin closed, out of the caller's process group, so that Ctrl-C doesn't reach it.
# The shell writes its own pid and becomes the program, therefore the pid is the program's.
launch() {
  local name=$1 folder=$2
  shift 2
  rm -f -- "$RUN_DIR/$name.pid" "$RUN_DIR/$name.start"
  printf -- '--- %s starts %s\n' "$(date -u +%FT%TZ)" "$name" >>"$RUN_DIR/$name.log"
  # The shell makes what it starts with & ignore SIGINT and SIGQUIT; a server has use for both.
  # shellcheck disable=SC2016
  setsid env --default-signal=INT,QUIT bash -c '
    file=$1; cd -- "$2" || exit 1; shift 2
    stat=$(<"/proc/$$/stat"); read -r -a field <<<"${stat##*) }"
    printf "%s %s\n" "$(</proc/sys/kernel/random/boot_id)" "${field[19]}" >"$file.start"
    printf "%s\n" "$$" >"$file.pid.new" && mv -- "$file.pid.new" "$file.pid"
    exec "$@"' launch "$RUN_DIR/$name" "$folder" "$@" </dev/null >>"$RUN_DIR/$name.log" 2>&1 9>&- &
  local deadline=$((SECONDS + 10))
  until [ -s "$RUN_DIR/$name.pid" ]; do
    [ "$SECONDS" -lt "$deadline" ] || die "$name could not be started: see $RUN_DIR/$name.log"
    sleep 0.02
  done
}

# Waits until a pid with that start time is gone; returns 1 after so many seconds.
wait_gone() {
  local pid=$1 started=$2 seconds=$3 deadline
  deadline=$((SECONDS + seconds))
  while [ "$(start_time_of "$pid")" = "$started" ]; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# signal <name> <signal>: to a running process; nothing where it does not run.
signal() {
  local pid
  if pid=$(pid_of "$1"); then kill -s "$2" "$pid" 2>/dev/null || true; fi
}

# stop <name> <signal> <seconds>: asks, waits, and as a last resort kills, in words.
stop() {
  local name=$1 signal=$2 seconds=$3 pid started
  if pid=$(pid_of "$name"); then
    started=$(start_time_of "$pid") || started=gone
    kill -s "$signal" "$pid" 2>/dev/null || true
    if ! wait_gone "$pid" "$started" "$seconds"; then
      warn "$name (pid $pid) did not stop within $seconds s of SIG$signal: killed"
      kill -s KILL "$pid" 2>/dev/null || true
      wait_gone "$pid" "$started" 2 || warn "$name (pid $pid) is still there after SIGKILL"
    fi
  fi
  rm -f -- "$RUN_DIR/$name.pid" "$RUN_DIR/$name.start"
}

show_log_tail() {
  [ -s "$RUN_DIR/$1.log" ] || return 0
  warn "--- the end of $RUN_DIR/$1.log"
  # From its last start on, no more than a screen of it.
  tail -n 200 -- "$RUN_DIR/$1.log" | tac | sed '/^--- .* starts /q' | tac | tail -n 25 >&2
  warn "---"
}

# The status code of GET http://127.0.0.1:<port><path>, or nothing. By the shell itself: no program needed for it.
http_status() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$2" >&3
    read -r -t 5 _ status _ <&3 && printf '%s\n' "$status"
  ) 2>/dev/null || true
}

# The body of GET http://127.0.0.1:<port><path>, or nothing.
http_body() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
    timeout 5 sed '1,/^\r$/d' <&3
  ) 2>/dev/null || true
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
