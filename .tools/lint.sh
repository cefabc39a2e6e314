#!/usr/bin/env bash
# Formatting, clippy for server and browser, and the architecture checks. Each counts as one test in `make test`.
# `lint.sh without-architecture` leaves the last one out: there the end-to-end tests run it.
source "$(dirname "$0")/lib.sh"
passed=0 failed=0

check() { # name command…
  local name="$1"
  shift
  say "lint: $name"
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    printf '✗ lint failed: %s\n' "$name"
  fi
}

for part in fmt clippy; do
  cargo "$part" --version >/dev/null 2>&1 || rustup component add "${part/fmt/rustfmt}" || fail "cargo $part is missing: run 'rustup component add rustfmt clippy'."
done
check formatting cargo fmt --all --check
check "clippy, server" cargo clippy --quiet --workspace --exclude web --all-targets -- --deny warnings
check "clippy, browser" cargo clippy --quiet --package web --target wasm32-unknown-unknown -- --deny warnings
[ "${1:-}" = without-architecture ] || check architecture "${NATIVE_TEST[@]}" --quiet --test architecture
printf 'test result: lint. %d passed; %d failed;\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
