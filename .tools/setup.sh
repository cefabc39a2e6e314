#!/usr/bin/env bash
# Installs what building Conclave needs and is missing: the wasm32 target, Trunk, wasm-bindgen-cli. Does nothing, at once, when all is there.
# `setup.sh fuzz` installs cargo-fuzz as well.
source "$(dirname "$0")/lib.sh"

check_rust() {
  have cargo && have rustc || fail "Rust is missing: install stable Rust 1.94 or newer from https://rustup.rs, open a new shell and run this again."
  local version
  version="$(rustc --version | awk '{ print $2 }')"
  at_least "${version%%-*}" 1.94.0 || fail "Rust $version is too old, 1.94 or newer is needed: run 'rustup update stable'."
  have cc || fail "A C compiler is missing: run 'apt-get install build-essential' (or your system's equivalent)."
}

add_wasm_target() {
  [ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ] && return
  have rustup || fail "This Rust cannot build for WebAssembly and has no rustup: add its wasm32-unknown-unknown standard library (Debian: libstd-rust-dev-wasm32), or install Rust from https://rustup.rs."
  say "adding Rust's WebAssembly target (a 20 MB download)"
  timeout 300 rustup target add wasm32-unknown-unknown || fail "The WebAssembly target could not be downloaded within five minutes: check the network, then run 'rustup target add wasm32-unknown-unknown'."
}

# Builds a tool quickly rather than small: it runs a few seconds a day.
install_tool() { # crate version minutes
  say "building $1 $2, once, about $3 minutes on two cores"
  local build="$CARGO_TARGET_DIR/tools"
  export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
  # --locked fails when the registry does not serve one of the locked versions (yet).
  CARGO_TARGET_DIR="$build" cargo install "$1" --version "$2" --root "$TOOLS_DIR" --locked ||
    CARGO_TARGET_DIR="$build" cargo install "$1" --version "$2" --root "$TOOLS_DIR" ||
    fail "$1 $2 could not be built: read the error above; without a network it cannot be downloaded."
  rm -rf "$build"
}

check_rust
add_wasm_target
bindgen="$(locked_version wasm-bindgen)"
has_version wasm-bindgen "$bindgen" || install_tool wasm-bindgen-cli "$bindgen" 2
has_version trunk "$TRUNK_VERSION" || install_tool trunk "$TRUNK_VERSION" 6
[ "${1:-}" != fuzz ] || has_version cargo-fuzz "$CARGO_FUZZ_VERSION" || install_tool cargo-fuzz "$CARGO_FUZZ_VERSION" 2
