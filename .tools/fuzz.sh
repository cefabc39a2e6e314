#!/usr/bin/env bash
# `fuzz.sh TARGET SECONDS`: runs the fuzz targets of e2e/fuzz, or one of them, each so long (60). An input that breaks a promise
# ends its target's run and lies in e2e/fuzz/artifacts. With KEEP=yes what was tried joins e2e/fuzz/corpus, which `make test` tries
# again: as few inputs as reach the same places.
source "$(dirname "$0")/lib.sh"
target="${1:-}" seconds="${2:-60}"
.tools/setup.sh fuzz
# The project's own versions; what libFuzzer needs besides is added to the copy.
cp Cargo.lock e2e/fuzz/Cargo.lock
export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/fuzz"

# Longest input in bytes. Longer ones reach little more and are tried less often.
declare -A LONGEST=(
  [messages]=2048 [packet]=512 [offer]=16384 [datagram]=1024 [typed]=256 [request]=1024 [location_file]=2048 [record]=8192 [receipt]=512
)
# Without a sanitizer: nothing of ours is `unsafe`, stable Rust builds it, and it tries several times as much.
fuzz() { # target arguments…
  cargo fuzz run "$1" --fuzz-dir e2e/fuzz --sanitizer none "${@:2}" -max_len="${LONGEST[$1]}" -timeout=5 -rss_limit_mb=2048
}
targets=("${!LONGEST[@]}")
if [ -n "$target" ]; then
  [ -n "${LONGEST[$target]:-}" ] || fail "There is no fuzz target '$target', only ${targets[*]}."
  targets=("$target")
fi
found=0
for name in "${targets[@]}"; do
  say "fuzzing $name for $seconds s"
  kept="e2e/fuzz/corpus/$name" tried="$CARGO_TARGET_DIR/corpus/$name"
  mkdir -p "$tried"
  fuzz "$name" "$tried" "$kept" -- -max_total_time="$seconds" -print_final_stats=1 || found=$((found + 1))
  if [ "${KEEP:-}" = yes ]; then
    few="$(mktemp -d "$CARGO_TARGET_DIR/corpus/few.XXXXXX")"
    fuzz "$name" "$few" "$kept" "$tried" -- -set_cover_merge=1 -use_counters=0
    rm -rf "$kept" && mv "$few" "$kept" && chmod 755 "$kept"
  fi
done
[ "$found" -eq 0 ] || fail "$found of ${#targets[@]} fuzz targets found something: see e2e/fuzz/artifacts."
