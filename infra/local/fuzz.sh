#!/usr/bin/env bash
# fuzz.sh: feeds every decoder of the protocol library with mutated octets, longer than `make test` does. 1 when something was found:
# it is printed, and saved as .hex in artifacts/fuzz.
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")

if [ "${FUZZ_HELP:-}" = 1 ]; then
  cat <<'HELP'
make fuzz takes its options from the environment
  FUZZ_RUNS      10000000  mutated PDUs
  FUZZ_SEED      (random)  which inputs; it is printed, and the same seed is the same inputs
  FUZZ_SECONDS   0         the run ends after so many seconds, even when not all PDUs are done; 0: it does not
  FUZZ_ONLY      (all)     targets, by commas: pdu, frames, session, proxy, join, gsm7, tlvs, udh, text, receipt, time
  FUZZ_REPLAY              a finding's file: it alone is run

Files: artifacts/fuzz/fuzz.json, and <target>-<digest>.hex for each finding.
HELP
  exit 0
fi

# shellcheck source=infra/local/settings.sh
. "$here/settings.sh"
# shellcheck source=infra/local/build.sh
. "$here/build.sh"

FUZZ=$RUN_PRODUCTS/Smpp.Fuzz/release/Smpp.Fuzz.dll

build_fuzz_locked() {
  if [ -e "$FUZZ" ] && ! changed_since "$STAMPS/all"; then return 0; fi
  build_target fuzz tests/Smpp.Fuzz/Smpp.Fuzz.csproj "$FUZZ"
}

check_prerequisites
with_build_lock build_fuzz_locked || die "the build failed"

export FUZZ_SEED=${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM))}
export FUZZ_FOLDER=${FUZZ_FOLDER:-$ARTIFACTS/fuzz}
exec dotnet "$FUZZ"
