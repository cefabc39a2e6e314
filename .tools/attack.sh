#!/usr/bin/env bash
# Runs the attack suite against the real server on loopback. Each attack has a control: it must succeed against a build whose
# guard against it is switched off. ATTACK=WORD runs those whose names contain it.
source "$(dirname "$0")/lib.sh"
.tools/deps.sh tests
.tools/setup.sh
.tools/build-web.sh
say "building the server with guards that can be switched off, and the one that people get"
cargo build --quiet --workspace --exclude web --features signaling/unguarded --bin conclave
mkdir -p "$CARGO_TARGET_DIR/attack"
cp "$CARGO_TARGET_DIR/debug/conclave" "$CARGO_TARGET_DIR/attack/conclave-unguarded"
cargo build --quiet --workspace --exclude web --bin conclave
cp "$CARGO_TARGET_DIR/debug/conclave" "$CARGO_TARGET_DIR/attack/conclave"
say "attacking: each attack twice, some minutes in all"
CONCLAVE_BIN="$CARGO_TARGET_DIR/attack/conclave" CONCLAVE_UNGUARDED_BIN="$CARGO_TARGET_DIR/attack/conclave-unguarded" CONCLAVE_WEB="$PWD/dist" \
  "${NATIVE_TEST[@]}" --quiet --test attack -- --ignored --nocapture 2>&1 | grep --line-buffered -E "^attack: |FAILED|panicked|fell, or|failed;"
