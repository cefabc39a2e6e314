#!/usr/bin/env bash
# Runs the attack suite against the real server on loopback. Each attack has a control: it must succeed against a build whose
# guard against it is switched off. ATTACK=WORD runs those whose names contain it.
source "$(dirname "$0")/lib.sh"
.tools/deps.sh tests
.tools/setup.sh
.tools/build-web.sh
say "building the server with guards that can be switched off, and the one that people get"
# Optimised a little: what is measured is how the server lives with a flood, and unoptimised it is several times as slow as the
# one that people run.
build=(cargo build --quiet --workspace --exclude web --bin conclave)
build+=(--config profile.dev.package.signaling.opt-level=1 --config profile.dev.package.shared.opt-level=1)
"${build[@]}" --features signaling/unguarded
mkdir -p "$CARGO_TARGET_DIR/attack"
cp "$CARGO_TARGET_DIR/debug/conclave" "$CARGO_TARGET_DIR/attack/conclave-unguarded"
"${build[@]}"
cp "$CARGO_TARGET_DIR/debug/conclave" "$CARGO_TARGET_DIR/attack/conclave"
say "attacking: each attack twice, some minutes in all"
CONCLAVE_BIN="$CARGO_TARGET_DIR/attack/conclave" CONCLAVE_UNGUARDED_BIN="$CARGO_TARGET_DIR/attack/conclave-unguarded" CONCLAVE_WEB="$PWD/dist" \
  "${NATIVE_TEST[@]}" --quiet --test attack -- --ignored --nocapture 2>&1 | grep --line-buffered -E "^attack: |FAILED|panicked|fell, or|failed;"
