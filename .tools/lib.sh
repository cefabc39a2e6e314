# What the scripts beside this file share; each of them sources it. It puts them into the project's top folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CARGO_TARGET_DIR="$(mkdir -p "${CARGO_TARGET_DIR:-target}" 2>/dev/null && cd "${CARGO_TARGET_DIR:-target}" && pwd)" || {
  printf '✗ The build folder %s cannot be written: set CARGO_TARGET_DIR to a folder that can.\n' "${CARGO_TARGET_DIR:-$PWD/target}" >&2
  exit 1
}
# Tools that setup.sh had to build go here, so that other versions a developer has in ~/.cargo/bin stay untouched.
TOOLS_DIR="${XDG_CACHE_HOME:-$HOME/.cache}/conclave-tools"
PATH="$TOOLS_DIR/bin:$PATH"
TRUNK_VERSION=0.21.14 # 0.22 wants rustc 1.96.1
CARGO_FUZZ_VERSION=0.13.2
export CARGO_TARGET_DIR PATH

say() { printf '▸ %s\n' "$*"; }
fail() {
  printf '✗ %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Whether dotted version $1 is at least $2.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# The version that Cargo.lock holds of the package $1.
locked_version() { awk -v name="\"$1\"" '$1 == "name" { here = ($3 == name) } here && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' Cargo.lock; }

# Whether the tool $1 on PATH has exactly version $2.
has_version() { have "$1" && [ "$("$1" --version 2>/dev/null | awk '{ print $2; exit }')" = "$2" ]; }

# One hash over the names and contents of all files under the given paths.
content_hash() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1; }

# Every native test call selects the same packages: for another selection cargo unifies features differently and builds
# the whole media stack once more. It builds target/debug/conclave on the way.
NATIVE_TEST=(cargo test --workspace --exclude web --no-fail-fast)
