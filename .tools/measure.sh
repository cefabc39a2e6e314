#!/usr/bin/env bash
# Prints measurements, one a line, that no test asserts: `measure.sh bench` or `measure.sh sizes`, with the release build.
source "$(dirname "$0")/lib.sh"
what="$1"
.tools/test-deps.sh
.tools/setup.sh
say "building the release server and the pages"
cargo build --release --quiet --package signaling --bin conclave
.tools/build-web.sh
CONCLAVE_BIN="$CARGO_TARGET_DIR/release/conclave" CONCLAVE_WEB="$PWD/dist" \
  "${NATIVE_TEST[@]}" --quiet --test measure -- --ignored --nocapture --test-threads=1 "$what" | grep -E "^(bench|size): |FAILED|panicked|failed;"
