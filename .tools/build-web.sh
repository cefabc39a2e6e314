#!/usr/bin/env bash
# Bundles both pages into dist/meeting and dist/console, unless nothing they are made of has changed since.
source "$(dirname "$0")/lib.sh"

# Older binaryens are known to break modules that today's linker makes.
optimiser() { have wasm-opt && at_least "$(wasm-opt --version | grep -o '[0-9]\+' | head -n 1)" 116 && echo z || echo 0; }

bundle() { # page dist public-url optimisation
  # The page's own link says data-wasm-opt="0"; a copy beside it asks for more where the tool is there.
  local copy="web/.$1" done=0
  sed "s/data-wasm-opt=\"[^\"]*\"/data-wasm-opt=\"$4\"/" "web/$1" >"$copy"
  # The pages name their cargo profile. Trunk takes NO_COLOR only as true or false.
  env -u NO_COLOR TRUNK_OFFLINE=true trunk --log warn build "$copy" --release --dist "$2" --public-url "$3" || done=1
  rm -f "$copy"
  return "$done"
}

build_both() { # optimisation
  bundle index.html dist/meeting / "$1" && bundle console.html dist/console /console/ "$1"
}

level="$(optimiser)"
stamp="$(content_hash .cargo web shared Cargo.toml Cargo.lock Trunk.toml .tools/build-web.sh) $(rustc --version) wasm-opt=$level"
if [ -f dist/meeting/index.html ] && [ -f dist/console/index.html ] && [ "$(cat dist/stamp 2>/dev/null)" = "$stamp" ]; then
  exit 0
fi
say "bundling the web pages (about 4 minutes cold on two cores, 1 minute after a change)"
mkdir -p dist 2>/dev/null && [ -w dist ] || fail "The folder $PWD/dist cannot be written: make it writable, or run from a copy of the project that is."
rm -f dist/stamp
if ! build_both "$level"; then
  [ "$level" = z ] || fail "The web pages could not be built: read the error above."
  say "wasm-opt failed; bundling without it"
  build_both 0 || fail "The web pages could not be built: read the error above."
fi
printf '%s\n' "$stamp" >dist/stamp
