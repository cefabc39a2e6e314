#!/usr/bin/env bash
# Runs everything: lint, unit and property tests of every crate, then the end-to-end tests in real browsers.
# All of it runs even when some fails. The last line is the sum: `N passed, N failed`.
source "$(dirname "$0")/lib.sh"
exec </dev/null
started=$SECONDS
passed=0 failed=0
log="$(mktemp)"
trap 'rm -f "$log"' EXIT

# Adds up the `test result:` lines of a step; one that failed without naming a failed test (it did not compile, it was
# killed) counts as one failed test.
suite() { # name command…
  local name="$1" code=0 ok bad from=$SECONDS
  shift
  say "$name"
  "$@" 2>&1 | tee "$log" || code=$?
  ok="$(awk '/^test result: / { for (i = 2; i <= NF; i++) if ($i == "passed;") sum += $(i - 1) } END { print sum + 0 }' "$log")"
  bad="$(awk '/^test result: / { for (i = 2; i <= NF; i++) if ($i == "failed;") sum += $(i - 1) } END { print sum + 0 }' "$log")"
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  passed=$((passed + ok)) failed=$((failed + bad))
  if [ "$bad" -ne 0 ]; then printf '✗ %s: %d failed\n' "$name" "$bad"; fi
  say "$name took $((SECONDS - from)) s"
}

# A step without tests of its own, on which others depend: silent in the sum unless it fails.
step() { # name command…
  local name="$1"
  shift
  say "$name"
  "$@" || {
    failed=$((failed + 1))
    printf '✗ %s failed\n' "$name"
  }
}

# The integration tests of the given crates, as cargo's arguments.
tests_of() { # folder…
  local folder file
  for folder in "$@"; do
    for file in "$folder"/tests/*.rs "$folder"/tests/*/main.rs; do
      [ -f "$file" ] || continue
      [ "${file##*/}" = main.rs ] && file="${file%/main.rs}"
      printf ' --test %s' "$(basename "$file" .rs)"
    done
  done
}

# shellcheck disable=SC2046 # one word per argument is what is wanted
native_tests() { "${NATIVE_TEST[@]}" --lib --bins $(tests_of shared sfu/core sfu signaling); }

# Once more what touches the database: the same tests on PostgreSQL.
tests_on_postgres() {
  # Cargo cannot run one crate's tests of a larger selection; it says where they are.
  local tests
  tests="$("${NATIVE_TEST[@]}" --lib --no-run 2>&1 | sed -n 's/.*(\(.*\/signaling-[0-9a-f]*\))$/\1/p')"
  [ -x "$tests" ] || fail "The tests of signaling are not where cargo puts them: '$tests'."
  # Each test, and each case of the PIN life cycle, copies a database: that waits more than it works.
  PROPTEST_CASES=20 .tools/with-postgres.sh env --chdir=signaling "$tests" --test-threads=4
}

# The location hint on real country data, which is fetched once.
GEO_DATA="$TOOLS_DIR/geo/dbip-country.mmdb"
country_data() { [ -f "$GEO_DATA" ] || DATA="$TOOLS_DIR" .tools/geo.sh; }
location_test() { CONCLAVE_GEO_DATA="$GEO_DATA" "${NATIVE_TEST[@]}" --lib -- --ignored --nocapture the_labelled_set; }

# The server and the media node under test are those that the step before built.
# shellcheck disable=SC2046
end_to_end_tests() {
  CONCLAVE_BIN="$CARGO_TARGET_DIR/debug/conclave" CONCLAVE_SFU_BIN="$CARGO_TARGET_DIR/debug/conclave-sfu" CONCLAVE_WEB="$PWD/dist" \
    "${NATIVE_TEST[@]}" $(tests_of e2e) -- --test-threads=1
}

say "everything that can be tested: about 40 minutes cold on two cores, under 15 warm"
step "packages for the tests" .tools/deps.sh tests
step "build tools" .tools/setup.sh
suite "lint" .tools/lint.sh without-architecture
suite "unit and property tests" native_tests
step "country data" country_data
suite "location on the labelled set" location_test
suite "signaling on PostgreSQL" tests_on_postgres
suite "web logic, natively" cargo test --no-fail-fast --package web --lib
step "web pages" .tools/build-web.sh
suite "end to end, and the architecture" end_to_end_tests
say "took $((SECONDS - started)) s"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
