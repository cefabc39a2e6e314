#!/usr/bin/env bash
# Builds what is missing and serves a demo on loopback, or with HOST=ADDRESS under a self-signed certificate for other machines.
source "$(dirname "$0")/lib.sh"
port="${PORT:-8080}"
host="${HOST:-}"
data="${DATA:-data}"

[[ "$port" =~ ^[0-9]+$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] || fail "PORT must be a number between 1 and 65535, not '$port'."
case "$host" in
  0.0.0.0 | :: | \*) fail "HOST is the address that the other machine types, so it cannot be $host: give one of this machine's own, as 'hostname -I' lists them." ;;
esac
if (exec 3<>"/dev/tcp/${host:-127.0.0.1}/$port") 2>/dev/null; then
  fail "Port $port is taken by another program: stop it, or choose another port with 'make run PORT=$((port + 1))'."
fi
mkdir -p "$data" 2>/dev/null && touch "$data/.writable" 2>/dev/null || fail "The data folder $data cannot be written: make it writable, or choose another with 'make run DATA=/some/folder'."
rm -f "$data/.writable"

started=$SECONDS
server="$CARGO_TARGET_DIR/release/conclave"
if [ ! -x "$server" ] || [ ! -f dist/stamp ]; then
  say "the first run downloads and builds everything: up to 20 minutes on two cores; the next takes seconds"
fi
.tools/setup.sh
[ -x "$server" ] || say "building the server (about 6 minutes cold on two cores)"
cargo build --release --quiet --package signaling --bin conclave || fail "The server could not be built: read the error above."
.tools/build-web.sh
say "ready to start after $((SECONDS - started)) s"

arguments=(serve --demo --data "$data" --web dist)
if [ -n "$host" ]; then
  case "$host" in
    *:*) arguments+=(--host "$host" --listen "[$host]:$port") ;;
    *[!0-9.]*) arguments+=(--host "$host" --listen "0.0.0.0:$port") ;;
    *) arguments+=(--host "$host" --listen "$host:$port") ;;
  esac
else
  arguments+=(--listen "127.0.0.1:$port")
  # A machine without IPv6 has no ::1 to listen on.
  if grep -qs '^0\{31\}1 ' /proc/net/if_inet6; then arguments+=(--listen "[::1]:$port"); fi
fi
# Country data from `make geo`, or any .mmdb file put there.
shopt -s nullglob
files=("$data"/geo/*.mmdb)
if [ "${#files[@]}" -gt 0 ]; then
  config="$data/demo.toml"
  {
    printf '[geo]\nfiles = ['
    printf "'%s', " "${files[@]}"
    printf ']\n'
    # Only DB-IP asks for this sentence; another file may ask for another.
    if compgen -G "$data/geo/dbip-*.mmdb" >/dev/null; then
      printf 'attribution = "IP geolocation by DB-IP (https://db-ip.com)"\n'
    fi
  } >"$config"
  arguments+=(--config "$config")
fi
exec "$server" "${arguments[@]}"
