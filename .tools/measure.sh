#!/usr/bin/env bash
# Prints measurements, one a line, that no test asserts: `measure.sh bench`, `measure.sh soak` or `measure.sh sizes`, with the release build.
source "$(dirname "$0")/lib.sh"
what="$1"
.tools/deps.sh tests
.tools/setup.sh
if [ "$what" = bench ]; then
  .tools/deps.sh benches
  say "building the forwarding bench (minutes when nothing is built yet)"
  cargo bench --quiet --no-run --workspace --exclude web --bench forward
  say "measuring: forwarding beside Janus and the floor (about 6 minutes)"
  cargo bench --quiet --workspace --exclude web --bench forward
  say "counting: allocations and instructions for a forwarded packet"
  "${NATIVE_TEST[@]}" --quiet --test cost -- --nocapture | grep -o "bench: .*"
fi
say "building the release server and the pages"
cargo build --release --quiet --workspace --exclude web --bin conclave
.tools/build-web.sh
CONCLAVE_BIN="$CARGO_TARGET_DIR/release/conclave" CONCLAVE_WEB="$PWD/dist" \
  "${NATIVE_TEST[@]}" --quiet --test measure --test soak -- --ignored --nocapture --test-threads=1 "$what" | grep -E "^(bench|size|soak): |FAILED|panicked|failed;"
